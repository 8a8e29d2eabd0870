// SPDX-License-Identifier: Apache-2.0
// "id > 0" holds for every platform; it makes SQLite use the key instead of reading the table.
#include <algorithm>
#include <chrono>
#include <thread>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

constexpr int mark_stale_page = 2000;  // cards in one transaction, some 20 ms
constexpr std::chrono::milliseconds longest_pause{200};

// Greater than every ICCID.
constexpr const char* behind_iccids = "G";

// A card in the order in which cards are asked about.
struct Queued {
  std::int64_t id = 0;
  std::int64_t platform = 0;
  std::int64_t asked_at = 0;
  std::string iccid;
  std::optional<Instant> refreshed_at;
};

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

constexpr std::string_view round_columns =
    "round_began, round_found, round_applied, not_found_held, wave_since, accepted_until";

NotFoundRound read_round(Query& query) {
  return {.began = query.optional_time(),
          .found = query.integer(),
          .applied = query.integer(),
          .held = query.integer(),
          .wave_since = query.optional_time(),
          .accepted_until = query.optional_time()};
}

}  // namespace

std::vector<PlatformRow> SqlitePlatformStore::platforms() {
  static const std::string sql = "SELECT id, name, profile, " + std::string{health_columns} + ", " +
                                 std::string{round_columns} +
                                 " FROM platform WHERE id > 0 ORDER BY id";
  return connection_.all(
      [](Query& row) {  // members are initialised in their order, which is that of the columns
        return PlatformRow{.id = row.integer(),
                           .name = row.text(),
                           .profile = row.text(),
                           .health = read_health(row),
                           .round = read_round(row)};
      },
      sql);
}

void SqlitePlatformStore::set_platforms(const std::vector<PlatformRow>& rows) {
  in_transaction(connection_, [&] {
    for (const PlatformRow& old : platforms()) {
      if (contains(rows, old.id, &PlatformRow::id)) continue;
      for (const char* const sql :
           {"DELETE FROM platform_miss WHERE platform = ?",
            "DELETE FROM platform_held WHERE platform = ?",
            "DELETE FROM platform_request WHERE platform = ? AND taken_at IS NULL AND done_at IS "
            "NULL",
            "DELETE FROM platform WHERE id = ?"}) {
        connection_.run(sql, old.id);
      }
    }
    for (const PlatformRow& row : rows) {
      connection_.run(
          "INSERT INTO platform (id, name, profile) VALUES (?, ?, ?) ON CONFLICT (id) DO "
          "UPDATE SET name = excluded.name, profile = excluded.profile",
          row.id, row.name, row.profile);
    }
  });
}

void SqlitePlatformStore::save_platform_health(std::int64_t platform,
                                               const PlatformHealth& health) {
  connection_.run(
      "UPDATE platform SET failures = ?, next_try = ?, last_answer = ?, last_failure = ?, "
      "fault = ?, failure = ? WHERE id = ?",
      health.failures, health.next_try, health.last_answer, health.last_failure, health.fault,
      health.failure, platform);
}

std::vector<Iccid> SqlitePlatformStore::cards_to_ask(std::int64_t platform, Instant before,
                                                     int limit) {
  return connection_.all(
      read_iccid,
      "SELECT iccid FROM card WHERE platform_key = ? AND asked_at < ? ORDER BY asked_at, iccid "
      "LIMIT ?",
      platform, before, limit);
}

std::int64_t SqlitePlatformStore::mark_stale(std::optional<std::int64_t> platform,
                                             std::optional<Instant> refreshed_before) {
  static const std::string columns = "SELECT id, platform_key, asked_at, iccid, refreshed_at ";
  static const std::string of_one =
      columns +
      "FROM card WHERE platform_key = ? AND (asked_at, iccid) > (?, ?) "
      "ORDER BY asked_at, iccid LIMIT ?";
  static const std::string of_all = columns +
                                    "FROM card WHERE (platform_key, asked_at, iccid) > (?, ?, ?) "
                                    "ORDER BY platform_key, asked_at, iccid LIMIT ?";
  // Cards that were never asked about come first and need no change.
  Queued cursor{0, platform.value_or(1), 0, behind_iccids, {}};
  std::int64_t changed = 0;
  const auto page = [&] {
    const std::vector<Queued> queued = connection_.all(
        [](Query& row) {
          return Queued{row.integer(), row.integer(), row.integer(), row.text(),
                        row.optional_time()};
        },
        platform ? of_one : of_all, cursor.platform, cursor.asked_at, cursor.iccid,
        mark_stale_page);
    for (const Queued& card : queued) {
      const bool recent = refreshed_before && card.refreshed_at >= refreshed_before;
      if (card.asked_at == 0 || recent) continue;
      changed += connection_.run("UPDATE card SET asked_at = 0 WHERE id = ?", card.id);
    }
    if (queued.size() < std::size_t{mark_stale_page}) return false;
    cursor = queued.back();
    return true;
  };
  const bool alone = !connection_.in_transaction();
  for (bool more = true; more;) {
    const auto began = std::chrono::steady_clock::now();
    in_transaction(connection_, [&] { more = page(); });
    // A writer that waits for the lock looks only now and then whether it is free.
    if (!more || !alone) continue;
    std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(
        std::chrono::steady_clock::now() - began, longest_pause));
  }
  return changed;
}

PlatformAge SqlitePlatformStore::platform_age(std::int64_t platform) {
  // After a failure `asked_at` is set back, so that the card is asked about again soon.
  constexpr const char* oldest =
      "SELECT min(at) FROM (SELECT coalesce(refreshed_at, asked_at) AS at FROM card "
      "WHERE platform_key = ? AND asked_at > 0 ORDER BY asked_at LIMIT 256)";
  return {.cards = connection_.integer(
              "SELECT count(*) FROM card INDEXED BY card_asked WHERE platform_key = ?", platform),
          .never = connection_.integer(
              "SELECT count(*) FROM card WHERE platform_key = ? AND asked_at = 0", platform),
          .oldest = connection_.first(read_optional_time, oldest, platform)};
}

UnknownIccids SqlitePlatformStore::unknown_to_ask(std::int64_t platform, Instant missed_before,
                                                  std::int64_t after_id, int span, int limit) {
  Query query = connection_.query(
      "SELECT m.id, m.reported, (m.platform IS NULL OR m.platform = ?1 OR NOT EXISTS "
      "(SELECT 1 FROM platform p WHERE p.id = m.platform)) AND NOT EXISTS (SELECT 1 "
      "FROM platform_miss WHERE platform = ?1 AND iccid = m.reported AND at >= ?2) "
      "FROM mismatch m INDEXED BY mismatch_standing_unknown WHERE m.ended IS NULL AND "
      "m.outcome = 'mismatch.card_unknown' AND m.id > ?3 ORDER BY m.id LIMIT ?4");
  query.bind(platform, missed_before, after_id, span);
  UnknownIccids found;
  found.next_cursor = after_id;
  found.at_end = true;
  for (int looked = 1; query.next(); ++looked) {
    found.next_cursor = query.integer();
    Iccid iccid = read_iccid(query);
    const bool unasked = query.integer() != 0;
    const bool known = contains(found.iccids, iccid);
    if (unasked && !known) found.iccids.push_back(std::move(iccid));
    const bool full = found.iccids.size() == static_cast<std::size_t>(limit);
    found.at_end = !full && looked < span;
    if (full) break;
  }
  return found;
}

void SqlitePlatformStore::record_miss(std::int64_t platform, const Iccid& iccid, Instant at) {
  connection_.run(
      "INSERT INTO platform_miss (platform, iccid, at) VALUES (?, ?, ?) "
      "ON CONFLICT (platform, iccid) DO UPDATE SET at = excluded.at",
      platform, iccid.text(), at);
}

std::int64_t SqlitePlatformStore::forget_misses(Instant before, int limit) {
  return connection_.run(
      "DELETE FROM platform_miss WHERE (platform, iccid) IN "
      "(SELECT platform, iccid FROM platform_miss WHERE at < ? ORDER BY at LIMIT ?)",
      before, limit);
}

NotFoundRound SqlitePlatformStore::not_found_round(std::int64_t platform) {
  static const std::string sql =
      "SELECT " + std::string{round_columns} + " FROM platform WHERE id = ?";
  return connection_.first(read_round, sql, platform).value_or(NotFoundRound{});
}

void SqlitePlatformStore::save_not_found_round(std::int64_t platform, const NotFoundRound& round) {
  connection_.run(
      "UPDATE platform SET round_began = ?, round_found = ?, round_applied = ?, wave_since = ?, "
      "accepted_until = ? WHERE id = ?",
      round.began, round.found, round.applied, round.wave_since, round.accepted_until, platform);
}

std::optional<Instant> SqlitePlatformStore::held_since(std::int64_t platform, const Iccid& iccid) {
  return connection_.first([](Query& row) { return row.time(); },
                           "SELECT at FROM platform_held WHERE platform = ? AND iccid = ?",
                           platform, iccid.text());
}

void SqlitePlatformStore::hold_not_found(std::int64_t platform, const Iccid& iccid, Instant at) {
  connection_.run(
      "INSERT INTO platform_held (platform, iccid, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      platform, iccid.text(), at);
}

void SqlitePlatformStore::release_not_found(std::int64_t platform, const Iccid& iccid) {
  connection_.run("DELETE FROM platform_held WHERE platform = ? AND iccid = ?", platform,
                  iccid.text());
}

std::vector<Iccid> SqlitePlatformStore::held_not_found(std::int64_t platform, int limit) {
  return connection_.all(
      read_iccid, "SELECT iccid FROM platform_held WHERE platform = ? ORDER BY iccid LIMIT ?",
      platform, limit);
}

bool SqlitePlatformStore::has_more_cards_than(std::int64_t platform, std::int64_t count) {
  return connection_.integer(
             "SELECT count(*) FROM (SELECT 1 FROM card WHERE platform_key = ? LIMIT ?)", platform,
             count + 1) > count;
}

std::int64_t SqlitePlatformRequestStore::add_platform_request(const PlatformRequest& request) {
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

std::vector<PlatformRequest> SqlitePlatformRequestStore::take_platform_requests(
    std::int64_t platform, Instant now, int limit) {
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

void SqlitePlatformRequestStore::give_back_platform_request(std::int64_t id) {
  connection_.run("UPDATE platform_request SET taken_at = NULL WHERE id = ? AND done_at IS NULL",
                  id);
}

void SqlitePlatformRequestStore::finish_platform_request(std::int64_t id, Instant now,
                                                         const std::string& failure,
                                                         const std::string& status) {
  connection_.run(
      "UPDATE platform_request SET done_at = ?, failure = ?, status = ? "
      "WHERE id = ? AND done_at IS NULL",
      now, failure, status, id);
}

std::optional<PlatformRequest> SqlitePlatformRequestStore::find_platform_request(std::int64_t id) {
  return connection_.first(read_request, select_request("WHERE id = ?"), id);
}

std::vector<PlatformRequest> SqlitePlatformRequestStore::platform_requests(const Iccid& iccid,
                                                                           int limit) {
  return connection_.all(read_request, select_request("WHERE iccid = ? ORDER BY id DESC LIMIT ?"),
                         iccid.text(), limit);
}

int SqlitePlatformRequestStore::recover_platform_requests(std::int64_t platform, Instant before,
                                                          Instant now) {
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
