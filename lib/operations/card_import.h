// SPDX-License-Identifier: Apache-2.0
// card_import.h - Cards from a CSV file into the store, in constant memory. First the whole file is
// read, checked and staged in the store, where nobody sees it; then its rows are applied. Both in
// small transactions with pauses, so that a running daemon goes on. A row that names a device binds
// the card to it; at the end reports that waited for one of the cards are decided again.
// All or nothing: what ends the first phase leaves nothing, and an import that ends in the second
// is finished by finish_imports(), which the daemon and each iotcardctl that changes the store
// call. Rows are refused one by one: a bad one is reported, the good ones are applied. Throws
// OperationError (a header that cannot be used), StoreError, std::ios_base::failure and what a hook
// throws. On the store's thread.
//
// With `update` a row may also be of a card that the store has:
// - a cell with a value changes the field; a field without a column stays;
// - an empty cell leaves the field as it is: lists from elsewhere have cells that nobody filled in.
//   With `clear_empty` it clears the field. It never ends a binding, which has its own verb;
// - the daemon's own fields stay, so that an export can be edited and imported again;
// - product and device bind the card if both are free. If they are bound to each other, nothing
//   happens; otherwise the whole row is refused;
// - a row that changes nothing writes nothing.
// Without `update` a row that says what the store has is unchanged, and one that says anything else
// of a stored card is refused.
// A row that repeats an earlier one of the file is unchanged; one that names the same card with
// other values is refused. A card may be spelled with 19 characters or with 20 (domain/iccid.h,
// match()): a row whose card the store has in the other spelling is a row of that card. Of two
// spellings in a list the first counts; the other row is refused, or with `update` unchanged if it
// says the same.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <vector>

#include "csv/card_csv.h"
#include "operations/card_operations.h"
#include "operations/operation.h"

namespace iotcard {

// A row that was not imported.
struct RefusedRow : RowProblem {
  // Nothing is wrong with the row, but without `update` the card that the store has, with other
  // values, stays as it is.
  bool of_stored_card = false;
  std::string iccid{};  // "": it could not be read
};
// A CSV of refused rows: the header, and one row.
std::string refused_rows_header();
std::string csv_of(const RefusedRow& row);

struct ImportOptions {
  bool trust_zeros = false;  // see CardCsvOptions
  bool dry_run = false;      // does all of it on a copy of the store
  bool update = false;
  bool clear_empty = false;  // with update: an empty cell clears the field
  // All or nothing: if a row would be refused, no row is imported. All rows are tried on a copy of
  // the store first; what another process does to these cards in that moment can still refuse one.
  bool strict = false;
  Duration zone{};  // see CardCsvOptions, as the rest
  std::optional<Encoding> encoding{};
  std::optional<char> delimiter{};
  std::shared_ptr<const ListMapping> mapping{};
  // This process uses the store by this object only: unless another process uses it, transactions
  // may be long.
  bool sole_user = false;
};

struct ImportHooks {
  // While rows are applied, in the order of the file, and only for those that the result names.
  std::function<void(const RefusedRow&)> refused{};
  // Each refused row once, at the moment it is refused: those that cannot be read come first.
  std::function<void(const RefusedRow&)> each_refused{};
  // At each row that is read, and once more behind the last. What it throws leaves nothing.
  std::function<void(std::int64_t bytes, std::int64_t rows)> progress{};
  // After each transaction of the second phase. What it throws leaves the rest to
  // finish_imports().
  std::function<void(std::int64_t applied, std::int64_t rows)> applied{};
  // The same while a list is deleted that was not read to its end.
  std::function<void()> discarded{};
};

// Cells of a column that an import does not take, since only platforms or the daemon set its field;
// a new card keeps them. Those that say what is stored are not counted.
struct CellsNotTaken {
  const CardField* field;
  std::int64_t cells = 0;
  std::int64_t first_line = 0;
};

struct ImportResult {
  static constexpr std::size_t max_problems = 100;
  static constexpr std::size_t max_changes = 20;
  static constexpr std::size_t max_luhn = 3;

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
  // The first of those that were refused; rows of stored cards give way to others.
  std::vector<RefusedRow> problems{};
  ListReading list{};                      // how the list was read
  std::int64_t stored_before = 0;          // of the refused: those with `of_stored_card`
  bool withheld = false;                   // `strict` and a row was refused: nothing was imported
  std::vector<CellsNotTaken> not_taken{};  // of rows that are not refused

  std::int64_t imported() const { return added + updated; }
};

ImportResult import_cards(Store& store, const Context& context, std::istream& csv,
                          const ImportOptions& options, const ImportHooks& hooks);

// Finishes or deletes the imports that nobody works on; returns how many it finished.
int finish_imports(Store& store, const Context& context, const ImportHooks& hooks = {});

}  // namespace iotcard
