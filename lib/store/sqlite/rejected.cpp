// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

constexpr std::int64_t behind_all = std::numeric_limits<std::int64_t>::max();

std::string listed(const RejectedFilter& filter) {
  std::string rest = " FROM rejected_report WHERE id < ?";
  if (filter.reason) rest += " AND reason = ?";
  return rest + " ORDER BY id DESC";
}

}  // namespace

void SqliteStore::add_rejected(const RejectedReport& rejected) {
  connection_
      .query(
          "INSERT INTO rejected_report (topic, payload, size, reason, \"offset\", at) "
          "VALUES (?, ?, ?, ?, ?, ?)")
      .run(rejected.topic, Blob{rejected.payload}, rejected.size,
           rejection_reason_names[rejected.reason], rejected.offset, rejected.at);
}

std::optional<RejectedReport> SqliteStore::find_rejected(std::int64_t id) {
  static const std::string sql =
      "SELECT " + std::string{rejected_columns} + " FROM rejected_report WHERE id = ?";
  Query query = connection_.query(sql);
  query.bind(id);
  if (!query.next()) return std::nullopt;
  return read_rejected(query);
}

std::vector<RejectedReport> SqliteStore::list_rejected(std::int64_t before_id, int limit,
                                                       const RejectedFilter& filter) {
  Query query =
      connection_.query("SELECT " + std::string{rejected_columns} + listed(filter) + " LIMIT ?");
  query.bind(before_id > 0 ? before_id : behind_all);
  if (filter.reason) query.bind(rejection_reason_names[*filter.reason]);
  query.bind(limit);
  std::vector<RejectedReport> rejected;
  while (query.next()) rejected.push_back(read_rejected(query));
  return rejected;
}

std::int64_t SqliteStore::walk_rejected(const RejectedFilter& filter, std::int64_t stride,
                                        const std::function<void(std::int64_t)>& take) {
  Query query = connection_.query("SELECT id" + listed(filter));
  query.bind(behind_all);
  if (filter.reason) query.bind(rejection_reason_names[*filter.reason]);
  return walk(query, stride, 0, [&] { take(query.integer()); });
}

std::int64_t SqliteStore::count_rejected() {
  return count("SELECT count(*) FROM rejected_report");
}

}  // namespace iotcard::sqlite
