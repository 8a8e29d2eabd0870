// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>

#include "base/byte_size.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

StagedCard read_staged(Query& query) {
  StagedCard card{.line = query.integer(), .iccid = read_iccid(query), .device = {}, .fields = {}};
  DeviceKey device{query.text(), query.text()};
  if (!device.number.empty()) card.device = std::move(device);
  card.fields = query.text();
  return card;
}

}  // namespace

std::int64_t SqliteImportStore::add_import(const CardImport& import) {
  connection_.run("INSERT INTO card_import (owner, complete, options) VALUES (?, ?, ?)",
                  import.owner, import.complete ? 1 : 0, import.options);
  return connection_.last_id();
}

std::vector<CardImport> SqliteImportStore::imports() {
  return connection_.all(
      [](Query& row) {
        return CardImport{.id = row.integer(),
                          .owner = row.text(),
                          .complete = row.integer() != 0,
                          .options = row.text()};
      },
      "SELECT id, owner, complete, options FROM card_import WHERE id > 0 ORDER BY id");
}

bool SqliteImportStore::update_import(const CardImport& import) {
  return connection_.run("UPDATE card_import SET owner = ?, complete = ?, options = ? WHERE id = ?",
                         import.owner, import.complete ? 1 : 0, import.options, import.id) > 0;
}

void SqliteImportStore::remove_import(std::int64_t id) {
  connection_.run("DELETE FROM card_import WHERE id = ?", id);
}

std::optional<StagedCard> SqliteImportStore::stage_card(std::int64_t import,
                                                        const StagedCard& card) {
  const DeviceKey device = card.device.value_or(DeviceKey{});
  const bool staged =
      connection_.run(
          "INSERT INTO card_import_row (import, line, iccid, product, number, fields) "
          "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (import, iccid) DO NOTHING",
          import, card.line, card.iccid.text(), device.product, device.number, card.fields) > 0;
  if (staged) return std::nullopt;
  return connection_.first(read_staged,
                           "SELECT line, iccid, product, number, fields FROM card_import_row "
                           "WHERE import = ? AND iccid = ?",
                           import, card.iccid.text());
}

void SqliteImportStore::check_room(std::int64_t import) {
  const std::int64_t cards = connection_.integer(
      "SELECT count(*) FROM card_import_row r WHERE r.import = ? AND NOT EXISTS "
      "(SELECT 1 FROM card WHERE iccid = r.iccid)",
      import);
  // A card takes about 600 bytes with its indexes, and as much again in the write-ahead log.
  constexpr std::int64_t bytes_of_card = 1500;
  constexpr std::int64_t bytes_at_least = 1 << 20;
  const auto folder = std::filesystem::path{connection_.path()}.parent_path();
  std::error_code error;
  const auto space = std::filesystem::space(folder.empty() ? "." : folder, error);
  if (error) return;
  const std::int64_t free_pages =
      connection_.integer("PRAGMA freelist_count") * connection_.integer("PRAGMA page_size");
  const std::int64_t room = static_cast<std::int64_t>(space.available) + free_pages;
  const std::int64_t needed = bytes_at_least + cards * bytes_of_card;
  if (room >= needed) return;
  throw StoreError{
      StoreError::Kind::unavailable,
      fmt::format("the card store {} needs about {} for the new cards, and its disk has "
                  "{}. Free some space on its disk",
                  connection_.path(), printable_byte_size(needed), printable_byte_size(room))};
}

std::vector<StagedCard> SqliteImportStore::staged_cards(std::int64_t import, int limit) {
  return connection_.all(read_staged,
                         "SELECT line, iccid, product, number, fields FROM card_import_row "
                         "WHERE import = ? ORDER BY line LIMIT ?",
                         import, limit);
}

void SqliteImportStore::remove_staged(std::int64_t import, std::int64_t up_to_line) {
  connection_.run("DELETE FROM card_import_row WHERE import = ? AND line <= ?", import, up_to_line);
}

}  // namespace iotcard::sqlite
