// SPDX-License-Identifier: Apache-2.0
// OutboxStore and DeferredStore: what waits for one client.
#include <fmt/format.h>

#include "domain/event.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {

std::vector<OutboxRow> SqliteOutboxStore::read_outbox(const std::string& client_id,
                                                      std::int64_t after_sequence, int limit) {
  if (store_id_.empty()) store_id_ = store_id(connection_);
  return connection_.all(
      [this](Query& query) {
        OutboxRow row{.sequence = query.integer(), .topic = query.text(), .payload = {}};
        row.payload = with_event_id(query.view(), fmt::format("{}:{}", store_id_, row.sequence));
        return row;
      },
      "SELECT sequence, topic, payload FROM outbox WHERE client = ? AND sequence > ? "
      "ORDER BY sequence LIMIT ?",
      client_id, after_sequence, limit);
}

void SqliteOutboxStore::remove_published(const std::string& client_id,
                                         std::int64_t up_to_sequence) {
  connection_.run("DELETE FROM outbox WHERE client = ? AND sequence <= ?", client_id,
                  up_to_sequence);
}

std::int64_t SqliteOutboxStore::count_outbox(const std::string& client_id) {
  return connection_.integer("SELECT count(*) FROM outbox WHERE client = ?", client_id);
}

std::int64_t SqliteOutboxStore::outbox_span(const std::string& client_id) {
  return connection_.integer(
      "SELECT coalesce((SELECT max(sequence) FROM outbox WHERE client = ?1) - "
      "(SELECT min(sequence) FROM outbox WHERE client = ?1) + 1, 0)",
      client_id);
}

void SqliteDeferredStore::defer_report(const std::string& client_id, const ReceivedReport& report) {
  connection_.run(
      "INSERT INTO deferred_report (client_id, topic, payload, size, at) VALUES (?, ?, ?, ?, ?)",
      client_id, report.topic, Blob{report.payload}, std::int64_t{report.size}, report.arrival);
}

std::vector<DeferredReport> SqliteDeferredStore::deferred_reports(const std::string& client_id,
                                                                  int limit) {
  return connection_.all(
      [](Query& row) {
        return DeferredReport{.sequence = row.integer(),
                              .report = {.topic = row.text(),
                                         .payload = row.text(),
                                         .size = static_cast<std::uint32_t>(row.integer()),
                                         .arrival = row.time()}};
      },
      "SELECT sequence, topic, payload, size, at FROM deferred_report WHERE client_id = ? "
      "ORDER BY sequence LIMIT ?",
      client_id, limit);
}

void SqliteDeferredStore::remove_deferred(const std::string& client_id,
                                          std::int64_t up_to_sequence) {
  connection_.run("DELETE FROM deferred_report WHERE client_id = ? AND sequence <= ?", client_id,
                  up_to_sequence);
}

std::vector<DeferredTopic> SqliteDeferredStore::deferred_topics(const std::string& client_id) {
  return connection_.all(
      [](Query& row) {
        return DeferredTopic{.topic = row.text(), .reports = row.integer(), .bytes = row.integer()};
      },
      "SELECT topic, count(*), sum(length(payload) + length(CAST(topic AS BLOB))) "
      "FROM deferred_report INDEXED BY deferred_report_client WHERE client_id = ? GROUP BY topic",
      client_id);
}

std::int64_t SqliteDeferredStore::count_deferred(const std::string& client_id) {
  return connection_.integer("SELECT count(*) FROM deferred_report WHERE client_id = ?", client_id);
}

}  // namespace iotcard::sqlite
