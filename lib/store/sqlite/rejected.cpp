// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {

void SqliteStore::add_rejected(const RejectedReport& rejected) {
  connection_
      .query(
          "INSERT INTO rejected_report (topic, payload, size, reason, \"offset\", at) "
          "VALUES (?, ?, ?, ?, ?, ?)")
      .bind(rejected.topic, Blob{rejected.payload}, rejected.size,
            rejection_reason_names[rejected.reason], rejected.offset, rejected.at)
      .run();
}

std::optional<RejectedReport> SqliteStore::find_rejected(std::int64_t id) {
  static const std::string sql =
      "SELECT " + std::string{rejected_columns} + " FROM rejected_report WHERE id = ?";
  Query query = connection_.query(sql);
  query.bind(id);
  if (!query.next()) return std::nullopt;
  return read_rejected(query);
}

std::vector<RejectedReport> SqliteStore::list_rejected(std::int64_t before_id, int limit) {
  static const std::string sql = "SELECT " + std::string{rejected_columns} +
                                 " FROM rejected_report WHERE id < ? ORDER BY id DESC LIMIT ?";
  Query query = connection_.query(sql);
  query.bind(before_id > 0 ? before_id : std::numeric_limits<std::int64_t>::max(), limit);
  std::vector<RejectedReport> rejected;
  while (query.next()) rejected.push_back(read_rejected(query));
  return rejected;
}

std::int64_t SqliteStore::count_rejected() {
  return count("SELECT count(*) FROM rejected_report");
}

}  // namespace iotcard::sqlite
