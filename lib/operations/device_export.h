// SPDX-License-Identifier: Apache-2.0
// device_export.h - A list of devices as CSV: the members of its JSON in columns, without the
// summary; texts are as in csv/csv_cell.h. Throws OperationError (invalid) and StoreError. On the
// store's thread.
#pragma once

#include "operations/csv_export.h"

namespace iotcard {

void export_devices(const RowList<ListedDevice>& devices, const WriteText& write);

}  // namespace iotcard
