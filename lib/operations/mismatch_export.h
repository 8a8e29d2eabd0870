// SPDX-License-Identifier: Apache-2.0
// mismatch_export.h - A list of mismatches as CSV, with the columns of json.h in their order.
// Texts are safe in a spreadsheet (csv/csv_cell.h). Throws StoreError. On the store's thread.
#pragma once

#include "operations/csv_export.h"

namespace iotcard {

void export_mismatches(const RowList<Mismatch>& mismatches, const WriteText& write);

}  // namespace iotcard
