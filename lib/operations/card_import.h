// SPDX-License-Identifier: Apache-2.0
// card_import.h - Cards from a CSV file into the store: one transaction, constant memory. Good rows
// go in, each bad one is reported and none goes in silently. A row that names a device binds the
// card to it. Reports that waited for one of the cards are decided anew at the end.
// Throws OperationError (a header that cannot be used), StoreError and std::ios_base::failure, and
// then nothing has changed. On the store's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>

#include "operations/operation.h"
#include "store/card_csv.h"

namespace iotcard {

struct ImportOptions {
  bool trust_zeros = false;  // see CardCsvOptions
  bool dry_run = false;      // does all of it and rolls back
};

struct ImportHooks {
  std::function<void(const RowProblem&)> refused;  // in the order of the file
  std::function<void(std::int64_t bytes, std::int64_t rows)> progress;
};

struct ImportResult {
  std::int64_t rows = 0;
  std::int64_t imported = 0;
  std::int64_t refused = 0;
  std::int64_t bound = 0;    // of the imported cards, to the device that their row names
  std::int64_t settled = 0;  // mismatches that did not stay as they were
};

ImportResult import_cards(Store& store, const Context& context, std::istream& csv,
                          const ImportOptions& options, const ImportHooks& hooks);

}  // namespace iotcard
