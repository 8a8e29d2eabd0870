// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "domain/event.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {

std::vector<OutboxRow> SqliteStore::read_outbox(const std::string& client_id,
                                                std::int64_t after_sequence, int limit) {
  if (store_id_.empty()) store_id_ = id();
  static const Sql sql{
      "SELECT sequence, topic, payload FROM outbox WHERE client = ? AND sequence > ? "
      "ORDER BY sequence LIMIT ?"};
  return connection_.all(
      [this](Query& query) {
        OutboxRow row{.sequence = query.integer(), .topic = query.text(), .payload = {}};
        row.payload = with_event_id(query.view(), fmt::format("{}:{}", store_id_, row.sequence));
        return row;
      },
      sql, client_id, after_sequence, limit);
}

void SqliteStore::remove_published(const std::string& client_id, std::int64_t up_to_sequence) {
  static const Sql sql{"DELETE FROM outbox WHERE client = ? AND sequence <= ?"};
  connection_.run(sql, client_id, up_to_sequence);
}

std::int64_t SqliteStore::count_outbox(const std::string& client_id) {
  return connection_.integer("SELECT count(*) FROM outbox WHERE client = ?", client_id);
}

std::int64_t SqliteStore::outbox_span(const std::string& client_id) {
  return connection_.integer(
      "SELECT coalesce((SELECT max(sequence) FROM outbox WHERE client = ?1) - "
      "(SELECT min(sequence) FROM outbox WHERE client = ?1) + 1, 0)",
      client_id);
}

}  // namespace iotcard::sqlite
