// SPDX-License-Identifier: Apache-2.0
// mismatch_export.h - The mismatches of a filter as CSV, with the columns of json.h in their order.
// Texts are safe in a spreadsheet (csv/csv_cell.h). Throws StoreError. On the store's thread.
#pragma once

#include <functional>
#include <string_view>

#include "operations/listing.h"

namespace iotcard {

// `write` takes the text piece by piece. False: no more is wanted, and the export ends.
void export_mismatches(ListStore& store, const MismatchFilter& filter,
                       const std::function<bool(std::string_view)>& write);

}  // namespace iotcard
