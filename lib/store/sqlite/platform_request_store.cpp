// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

constexpr int kept_refreshes = 20;  // of one card
constexpr int kept_actions = 100;   // of one card

std::string select_request(std::string_view rest) {
  return "SELECT id, iccid, platform, kind, requested_by, requested_at, taken_at, done_at, "
         "failure, status FROM platform_request " +
         std::string{rest};
}

// Members are initialised in their order, which is the order of the columns.
PlatformRequest read_request(Query& query) {
  return {.id = query.integer(),
          .iccid = read_iccid(query),
          .platform = query.integer(),
          .kind = read_name(query, platform_request_kind_names),
          .requested_by = query.text(),
          .requested_at = query.time(),
          .taken_at = query.optional_time(),
          .done_at = query.optional_time(),
          .failure = query.text(),
          .status = query.text()};
}

}  // namespace

std::int64_t SqliteStore::add_platform_request(const PlatformRequest& request) {
  std::int64_t id = 0;
  in_transaction(connection_, [&] {
    connection_.run(
        "INSERT INTO platform_request (iccid, platform, kind, requested_by, requested_at, "
        "taken_at, done_at, failure, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        request.iccid.text(), request.platform, platform_request_kind_names[request.kind],
        request.requested_by, request.requested_at, request.taken_at, request.done_at,
        request.failure, request.status);
    id = connection_.last_id();
    const bool refresh = request.kind == PlatformRequestKind::refresh;
    connection_.run(
        "DELETE FROM platform_request WHERE iccid = ?1 AND (kind = 'refresh') = ?2 "
        "AND done_at IS NOT NULL AND id <= (SELECT id FROM platform_request WHERE iccid = ?1 "
        "AND (kind = 'refresh') = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
        request.iccid.text(), refresh ? 1 : 0, refresh ? kept_refreshes : kept_actions);
  });
  return id;
}

std::vector<PlatformRequest> SqliteStore::take_platform_requests(std::int64_t platform, Instant now,
                                                                 int limit) {
  static const std::string waiting = select_request(
      "WHERE platform = ? AND taken_at IS NULL AND done_at IS NULL ORDER BY id LIMIT ?");
  std::vector<PlatformRequest> taken;
  in_transaction(connection_, [&] {
    taken = connection_.all(read_request, waiting, platform, limit);
    for (PlatformRequest& request : taken) {
      request.taken_at = now;
      connection_.run("UPDATE platform_request SET taken_at = ? WHERE id = ?", now, request.id);
    }
  });
  return taken;
}

void SqliteStore::give_back_platform_request(std::int64_t id) {
  connection_.run("UPDATE platform_request SET taken_at = NULL WHERE id = ? AND done_at IS NULL",
                  id);
}

void SqliteStore::finish_platform_request(std::int64_t id, Instant now, const std::string& failure,
                                          const std::string& status) {
  connection_.run(
      "UPDATE platform_request SET done_at = ?, failure = ?, status = ? "
      "WHERE id = ? AND done_at IS NULL",
      now, failure, status, id);
}

std::optional<PlatformRequest> SqliteStore::find_platform_request(std::int64_t id) {
  return connection_.first(read_request, select_request("WHERE id = ?"), id);
}

std::vector<PlatformRequest> SqliteStore::platform_requests(const Iccid& iccid, int limit) {
  return connection_.all(read_request, select_request("WHERE iccid = ? ORDER BY id DESC LIMIT ?"),
                         iccid.text(), limit);
}

int SqliteStore::recover_platform_requests(std::int64_t platform, Instant before, Instant now) {
  std::int64_t recovered = 0;
  in_transaction(connection_, [&] {
    recovered = connection_.run(
        "UPDATE platform_request SET taken_at = NULL WHERE platform = ? "
        "AND taken_at < ? AND done_at IS NULL AND kind = 'refresh'",
        platform, before);
    recovered += connection_.run(
        "UPDATE platform_request SET done_at = ?, failure = 'the program that "
        "asked for it ended before it knew what became of it; see what the "
        "platform says of the card' WHERE platform = ? AND taken_at < ? "
        "AND done_at IS NULL AND kind <> 'refresh'",
        now, platform, before);
  });
  return static_cast<int>(recovered);
}

}  // namespace iotcard::sqlite
