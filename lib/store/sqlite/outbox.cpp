// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {

void SqliteStore::append_event(const std::string& client_id, const Event& event) {
  in_transaction(*this, connection_, [&] {
    // The write lock is held: nobody else can take the next sequence.
    if (!last_sequence_) last_sequence_ = read_last_sequence();
    const std::int64_t sequence = *last_sequence_ + 1;
    static const Sql sql{
        "INSERT INTO outbox (sequence, client, topic, payload) VALUES (?, ?, ?, ?)"};
    connection_.query(sql).run(sequence, client_id, event_topic(event),
                               event_json(event, fmt::format("{}:{}", id_, sequence)));
    last_sequence_ = sequence;
  });
}

// A store without it would use sequences again.
std::int64_t SqliteStore::read_last_sequence() {
  static const Sql sql{"SELECT value FROM meta WHERE name = 'outbox_sequence'"};
  Query query = connection_.query(sql);
  const std::string_view text = query.next() ? query.view() : std::string_view{};
  std::int64_t sequence = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), sequence);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) {
    throw StoreError(StoreError::Kind::not_a_store,
                     fmt::format("the card store {} does not say which event was its last. Restore "
                                 "a backup",
                                 connection_.path()));
  }
  return sequence;
}

std::vector<OutboxRow> SqliteStore::read_outbox(const std::string& client_id,
                                                std::int64_t after_sequence, int limit) {
  static const Sql sql{
      "SELECT sequence, topic, payload FROM outbox WHERE client = ? AND sequence > ? "
      "ORDER BY sequence LIMIT ?"};
  Query query = connection_.query(sql);
  query.bind(client_id, after_sequence, limit);
  std::vector<OutboxRow> rows;
  while (query.next()) {
    rows.push_back({.sequence = query.integer(), .topic = query.text(), .payload = query.text()});
  }
  return rows;
}

void SqliteStore::remove_published(const std::string& client_id, std::int64_t up_to_sequence) {
  static const Sql sql{"DELETE FROM outbox WHERE client = ? AND sequence <= ?"};
  connection_.query(sql).run(client_id, up_to_sequence);
}

std::int64_t SqliteStore::count_outbox(const std::string& client_id) {
  Query query = connection_.query("SELECT count(*) FROM outbox WHERE client = ?");
  query.bind(client_id);
  return query.next() ? query.integer() : 0;
}

std::int64_t SqliteStore::outbox_span(const std::string& client_id) {
  Query query = connection_.query(
      "SELECT coalesce((SELECT max(sequence) FROM outbox WHERE client = ?1) - "
      "(SELECT min(sequence) FROM outbox WHERE client = ?1) + 1, 0)");
  query.bind(client_id);
  return query.next() ? query.integer() : 0;
}

JournalPosition SqliteStore::journal_position(const std::string& client_id) {
  Query query = connection_.query("SELECT value FROM meta WHERE name = ?");
  query.bind("journal:" + client_id);
  JournalPosition position;
  if (!query.next()) return position;
  const std::string text = query.text();
  const char* const end = text.data() + text.size();
  const auto segment = std::from_chars(text.data(), end, position.segment);
  if (segment.ec != std::errc{} || segment.ptr == end || *segment.ptr != ' ') {
    query.unreadable(text);
  }
  const auto offset = std::from_chars(segment.ptr + 1, end, position.offset);
  if (offset.ec != std::errc{} || offset.ptr != end) query.unreadable(text);
  return position;
}

void SqliteStore::set_journal_position(const std::string& client_id, JournalPosition position) {
  set_meta("journal:" + client_id, fmt::format("{} {}", position.segment, position.offset));
}

std::string SqliteStore::intake_dir(const std::string& client_id) {
  Query query = connection_.query("SELECT value FROM meta WHERE name = ?");
  query.bind("intake:" + client_id);
  return query.next() ? query.text() : std::string{};
}

void SqliteStore::set_intake_dir(const std::string& client_id, const std::string& dir) {
  set_meta("intake:" + client_id, dir);
}

std::vector<std::string> SqliteStore::clients() {
  Query query = connection_.query(
      "SELECT substr(name, 9) FROM meta WHERE name >= 'journal:' AND name < 'journal;'");
  std::vector<std::string> clients;
  while (query.next()) clients.push_back(query.text());
  return clients;
}

std::vector<std::string> SqliteStore::known_filters(const std::string& client_id) {
  Query query = connection_.query("SELECT value FROM meta WHERE name = ?");
  query.bind("filters:" + client_id);
  std::vector<std::string> filters;
  if (!query.next()) return filters;
  std::istringstream lines{query.text()};
  for (std::string line; std::getline(lines, line);) filters.push_back(line);
  return filters;
}

void SqliteStore::set_known_filters(const std::string& client_id,
                                    const std::vector<std::string>& filters) {
  set_meta("filters:" + client_id, fmt::format("{}", fmt::join(filters, "\n")));
}

std::string SqliteStore::progress(const std::string& duty) {
  Query query = connection_.query("SELECT value FROM meta WHERE name = ?");
  query.bind("progress:" + duty);
  return query.next() ? query.text() : std::string{};
}

void SqliteStore::set_progress(const std::string& duty, const std::string& progress) {
  set_meta("progress:" + duty, progress);
}

void SqliteStore::set_meta(const std::string& name, const std::string& value) {
  connection_
      .query(
          "INSERT INTO meta (name, value) VALUES (?, ?) "
          "ON CONFLICT (name) DO UPDATE SET value = excluded.value")
      .run(name, value);
}

}  // namespace iotcard::sqlite
