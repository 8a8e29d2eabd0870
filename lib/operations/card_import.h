// SPDX-License-Identifier: Apache-2.0
// card_import.h - Cards from a CSV file into the store: one transaction, constant memory. Good rows
// go in, each bad one is reported and none goes in silently. A row that names a device binds the
// card to it. Reports that waited for one of the cards are decided anew at the end.
// Throws OperationError (a header that cannot be used), StoreError, std::ios_base::failure and what
// a hook throws, and then nothing has changed. On the store's thread.
//
// With `update` a row may also be of a card that the store has:
// - a cell with a value changes the field; a field without a column stays;
// - an empty cell leaves the field as it is. A list that came from elsewhere has cells that nobody
//   filled in, and what is stored must not go by them; who means it says `clear_empty`. It never
//   ends a binding: that has a history, and a verb of its own;
// - the daemon's own fields stay, so that an export can be edited and imported again;
// - product and device bind the card if both are free. Bound to each other, all is well; else the
//   row is refused, whole;
// - a row that changes nothing writes nothing; one that contradicts an earlier row of the file
//   which added or changed the card is refused.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <vector>

#include "csv/card_csv.h"
#include "operations/card_change.h"
#include "operations/operation.h"

namespace iotcard {

struct ImportOptions {
  bool trust_zeros = false;  // see CardCsvOptions
  bool dry_run = false;      // does all of it and rolls back; the store is held meanwhile
  bool update = false;
  bool clear_empty = false;  // with update: an empty cell clears the field
  Duration zone{};           // see CardCsvOptions
};

struct ImportHooks {
  // In the order of the file, and only for those that the result names.
  std::function<void(const RowProblem&)> refused{};
  // At each row, and once more before the end.
  std::function<void(std::int64_t bytes, std::int64_t rows)> progress{};
};

struct ImportResult {
  static constexpr std::size_t most_problems = 100;
  static constexpr std::size_t most_changes = 20;
  static constexpr std::size_t most_luhn = 3;

  std::int64_t rows = 0;
  std::int64_t added = 0;
  std::int64_t updated = 0;  // with those that were bound and not changed otherwise
  std::int64_t unchanged = 0;
  std::int64_t refused = 0;
  std::int64_t bound = 0;    // to the device that their row names
  std::int64_t settled = 0;  // mismatches that did not stay as they were
  // Of the cards that were not refused, those whose Luhn digit is wrong: some carriers' are, and so
  // is a number with a typing error.
  std::int64_t luhn_invalid = 0;
  std::vector<Iccid> luhn_first{};
  std::vector<CardDifference> changes{};  // the first of those that were updated
  std::vector<RowProblem> problems{};     // the first of those that were refused

  std::int64_t imported() const { return added + updated; }
};

ImportResult import_cards(Store& store, const Context& context, std::istream& csv,
                          const ImportOptions& options, const ImportHooks& hooks);

}  // namespace iotcard
