// SPDX-License-Identifier: Apache-2.0
// card_import_rows.h - The rows of an import: as text while they wait in the store, and how one is
// applied. card_import.h has the rules, card_import.cpp the phases. On the store's thread; throws
// StoreError.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "csv/card_csv.h"
#include "operations/card_import.h"
#include "store/import_store.h"

namespace iotcard {

struct ImportSettings {
  bool update = false;
  bool clear_empty = false;
  std::vector<const CardField*> columns;  // of the file
  std::string by;
};
std::string import_settings_text(const ImportSettings& settings);
ImportSettings read_import_settings(const std::string& text);

StagedCard staged_card(const CardRow& row);

// Applies rows one at a time, each inside the caller's transaction.
class RowApplier {
 public:
  RowApplier(Store& store, const Context& context, const ImportSettings& settings,
             ImportResult& result)
      : store_(store), context_(context), settings_(settings), result_(result) {}

  struct Refusal {
    std::string reason;
    bool of_stored_card = false;  // see RefusedRow
  };
  // nullopt: what the row says is in the store.
  std::optional<Refusal> apply(const StagedCard& staged);

 private:
  std::optional<StoredCard> find_stored(const Iccid& iccid, const std::vector<Iccid>& others);
  bool add(const CardRow& row, bool bound_already);
  std::optional<Refusal> update_stored(const CardRow& row, StoredCard stored);
  std::optional<Refusal> leave_stored(const CardRow& row, const StoredCard& stored,
                                      const std::vector<Iccid>& others);
  Card updated(const CardRow& row, const Card& stored) const;
  bool says_what_is_stored(const CardRow& row, const StoredCard& stored) const;
  std::optional<std::string> update(const CardRow& row, StoredCard stored);
  void note_change(const CardRow& row, const Card& before, const Card& after, bool binds);
  void note_not_taken(const CardRow& row, const Card& stored);
  void check_luhn(const Iccid& iccid);

  Store& store_;
  const Context& context_;
  const ImportSettings& settings_;
  ImportResult& result_;
};

}  // namespace iotcard
