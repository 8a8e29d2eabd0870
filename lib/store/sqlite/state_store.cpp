// SPDX-License-Identifier: Apache-2.0
// Each state is a row of table meta, named after its kind and its owner.
#include "store/sqlite/state_store.h"

#include <fmt/format.h>

#include <charconv>

#include "store/sqlite/meta.h"
#include "store/sqlite/rows.h"

namespace iotcard::sqlite {
namespace {

std::string name_of(Duty duty) {
  switch (duty.kind) {
    case Duty::Kind::expiry:
      return "progress:judging cards";
    case Duty::Kind::platform_lease:
      return fmt::format("progress:lease of platform {}", duty.platform);
  }
  return "";  // not reached
}

}  // namespace

JournalPosition SqliteStateStore::journal_position(const std::string& client_id) {
  const std::string name = "journal:" + client_id;
  const auto text = read_meta(connection_, name);
  JournalPosition position;
  if (!text) return position;
  const char* const end = text->data() + text->size();
  const auto segment = std::from_chars(text->data(), end, position.segment);
  const bool split = segment.ec == std::errc{} && segment.ptr != end && *segment.ptr == ' ';
  if (!split) unreadable_meta(connection_, name, *text);
  const auto offset = std::from_chars(segment.ptr + 1, end, position.offset);
  if (offset.ec != std::errc{} || offset.ptr != end) unreadable_meta(connection_, name, *text);
  return position;
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
  Query query = connection_.query(
      "SELECT substr(name, 9) FROM meta WHERE name >= 'journal:' AND name < 'journal;'");
  std::vector<std::string> clients;
  while (query.next()) clients.push_back(query.text());
  return clients;
}

std::vector<std::string> SqliteStateStore::known_filters(const std::string& client_id) {
  return split(read_meta(connection_, "filters:" + client_id).value_or(""), '\n');
}

void SqliteStateStore::set_known_filters(const std::string& client_id,
                                         const std::vector<std::string>& filters) {
  write_meta(connection_, "filters:" + client_id, join(filters, '\n'));
}

std::string SqliteStateStore::duty_state(Duty duty) {
  return read_meta(connection_, name_of(duty)).value_or("");
}

void SqliteStateStore::set_duty_state(Duty duty, const std::string& state) {
  write_meta(connection_, name_of(duty), state);
}

}  // namespace iotcard::sqlite
