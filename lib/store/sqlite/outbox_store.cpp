// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/outbox_store.h"

#include <fmt/format.h>

#include "domain/event.h"
#include "store/sqlite/meta.h"

namespace iotcard::sqlite {

std::vector<OutboxRow> SqliteOutboxStore::read_outbox(const std::string& client_id,
                                                      std::int64_t after_sequence, int limit) {
  if (store_id_.empty()) store_id_ = read_meta(connection_, "store_id").value_or("");
  static const Sql sql{
      "SELECT sequence, topic, payload FROM outbox WHERE client = ? AND sequence > ? "
      "ORDER BY sequence LIMIT ?"};
  Query query = connection_.query(sql);
  query.bind(client_id, after_sequence, limit);
  std::vector<OutboxRow> rows;
  while (query.next()) {
    OutboxRow row{.sequence = query.integer(), .topic = query.text(), .payload = {}};
    row.payload = with_event_id(query.view(), fmt::format("{}:{}", store_id_, row.sequence));
    rows.push_back(std::move(row));
  }
  return rows;
}

void SqliteOutboxStore::remove_published(const std::string& client_id,
                                         std::int64_t up_to_sequence) {
  static const Sql sql{"DELETE FROM outbox WHERE client = ? AND sequence <= ?"};
  connection_.query(sql).run(client_id, up_to_sequence);
}

std::int64_t SqliteOutboxStore::count_outbox(const std::string& client_id) {
  Query query = connection_.query("SELECT count(*) FROM outbox WHERE client = ?");
  query.bind(client_id);
  return query.next() ? query.integer() : 0;
}

std::int64_t SqliteOutboxStore::outbox_span(const std::string& client_id) {
  Query query = connection_.query(
      "SELECT coalesce((SELECT max(sequence) FROM outbox WHERE client = ?1) - "
      "(SELECT min(sequence) FROM outbox WHERE client = ?1) + 1, 0)");
  query.bind(client_id);
  return query.next() ? query.integer() : 0;
}

}  // namespace iotcard::sqlite
