// SPDX-License-Identifier: Apache-2.0
// Each state is a row of table meta, named after its kind and its owner.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

std::string name_of(Duty duty) {
  switch (duty.kind) {
    case Duty::Kind::expiry:
      return "progress:judging cards";
    case Duty::Kind::silence:
      return "progress:listening";
    case Duty::Kind::platform_lease:
      return fmt::format("progress:lease of platform {}", duty.platform);
  }
  return "";  // not reached
}

}  // namespace

std::optional<std::string> read_meta(Connection& connection, const std::string& name) {
  return connection.first(read_text, "SELECT value FROM meta WHERE name = ?", name);
}

void write_meta(Connection& connection, const std::string& name, const std::string& value) {
  connection.run(
      "INSERT INTO meta (name, value) VALUES (?, ?) "
      "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      name, value);
}

std::int64_t client_number(Connection& connection, const std::string& client_id) {
  return connection.integer("SELECT id FROM client WHERE name = ?", client_id);
}

std::int64_t make_client_number(Connection& connection, const std::string& client_id) {
  const std::int64_t number = client_number(connection, client_id);
  if (number > 0) return number;
  connection.run("INSERT INTO client (name) VALUES (?)", client_id);
  return connection.last_id();
}

std::string store_id(Connection& connection) {
  return schema_version(connection) == 0 ? "" : read_meta(connection, "store_id").value_or("");
}

JournalPosition SqliteStateStore::journal_position(const std::string& client_id) {
  const std::string name = "journal:" + client_id;
  const auto text = read_meta(connection_, name);
  if (!text) return {};
  const std::size_t space = std::min(text->find(' '), text->size());
  const auto segment = parse_integer<std::uint64_t>(text->substr(0, space));
  const auto offset = parse_integer<std::uint64_t>(
      std::string_view{*text}.substr(std::min(space + 1, text->size())));
  if (segment && offset) return {*segment, *offset};
  throw StoreError(StoreError::Kind::not_a_store,
                   fmt::format("the card store {} has \"{}\" as {} in table meta, which this "
                               "program never writes. Restore a backup",
                               connection_.path(), *text, name));
}

void SqliteStateStore::set_journal_position(const std::string& client_id,
                                            JournalPosition position) {
  write_meta(connection_, "journal:" + client_id,
             fmt::format("{} {}", position.segment, position.offset));
}

std::string SqliteStateStore::intake_dir(const std::string& client_id) {
  return read_meta(connection_, "intake:" + client_id).value_or("");
}

void SqliteStateStore::set_intake_dir(const std::string& client_id, const std::string& dir) {
  write_meta(connection_, "intake:" + client_id, dir);
}

std::vector<std::string> SqliteStateStore::clients() {
  return connection_.all(
      read_text, "SELECT substr(name, 9) FROM meta WHERE name >= 'journal:' AND name < 'journal;'");
}

std::vector<std::string> SqliteStateStore::known_filters(const std::string& client_id) {
  return split(read_meta(connection_, "filters:" + client_id).value_or(""), '\n');
}

void SqliteStateStore::set_known_filters(const std::string& client_id,
                                         const std::vector<std::string>& filters) {
  write_meta(connection_, "filters:" + client_id, join(filters, "\n"));
}

std::string SqliteStateStore::duty_state(Duty duty) {
  return read_meta(connection_, name_of(duty)).value_or("");
}

void SqliteStateStore::set_duty_state(Duty duty, const std::string& state) {
  write_meta(connection_, name_of(duty), state);
}

}  // namespace iotcard::sqlite
