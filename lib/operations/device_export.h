// SPDX-License-Identifier: Apache-2.0
// device_export.h - A list of devices as CSV: the members of its JSON in columns, without the
// summary; texts are as in csv/csv_cell.h. Throws OperationError (invalid) and StoreError. On the
// store's thread.
#pragma once

#include <functional>
#include <string_view>

#include "operations/listing.h"

namespace iotcard {

// `write` takes the text piece by piece. False: no more is wanted, and the export ends.
void export_devices(const RowList<ListedDevice>& devices,
                    const std::function<bool(std::string_view text)>& write);

}  // namespace iotcard
