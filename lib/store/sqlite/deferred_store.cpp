// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/deferred_store.h"

namespace iotcard::sqlite {

void SqliteDeferredStore::defer_report(const std::string& client_id, const ReceivedReport& report) {
  connection_
      .query(
          "INSERT INTO deferred_report (client_id, topic, payload, size, at) "
          "VALUES (?, ?, ?, ?, ?)")
      .run(client_id, report.topic, Blob{report.payload}, std::int64_t{report.size},
           report.arrival);
}

std::vector<DeferredReport> SqliteDeferredStore::deferred_reports(const std::string& client_id,
                                                                  int limit) {
  Query query = connection_.query(
      "SELECT sequence, topic, payload, size, at FROM deferred_report WHERE client_id = ? "
      "ORDER BY sequence LIMIT ?");
  query.bind(client_id, limit);
  std::vector<DeferredReport> reports;
  while (query.next()) {
    reports.push_back({.sequence = query.integer(),
                       .report = {.topic = query.text(),
                                  .payload = query.text(),
                                  .size = static_cast<std::uint32_t>(query.integer()),
                                  .arrival = query.time()}});
  }
  return reports;
}

void SqliteDeferredStore::remove_deferred(const std::string& client_id,
                                          std::int64_t up_to_sequence) {
  connection_.query("DELETE FROM deferred_report WHERE client_id = ? AND sequence <= ?")
      .run(client_id, up_to_sequence);
}

std::vector<DeferredTopic> SqliteDeferredStore::deferred_topics(const std::string& client_id) {
  Query query = connection_.query(
      "SELECT topic, count(*), sum(length(payload) + length(CAST(topic AS BLOB))) "
      "FROM deferred_report "
      "INDEXED BY deferred_report_client WHERE client_id = ? GROUP BY topic");
  query.bind(client_id);
  std::vector<DeferredTopic> topics;
  while (query.next()) {
    topics.push_back({.topic = query.text(), .reports = query.integer(), .bytes = query.integer()});
  }
  return topics;
}

std::int64_t SqliteDeferredStore::count_deferred(const std::string& client_id) {
  Query query = connection_.query("SELECT count(*) FROM deferred_report WHERE client_id = ?");
  query.bind(client_id);
  return query.next() ? query.integer() : 0;
}

}  // namespace iotcard::sqlite
