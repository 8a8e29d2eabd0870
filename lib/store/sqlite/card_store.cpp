// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

void bind_card(Query& query, const Card& card) {
  query.bind(card.iccid.text(), card.imsi, card.msisdn, card.imei, card.network_imei,
             card.access_number, card.operator_name, card.platform, card.plan,
             card_status_names[card.status], network_names[card.network], card.status_reason,
             card.raw_status, card.used_bytes, card.limit_bytes, card.remaining_bytes,
             usage_scope_names[card.usage_scope], card.period_start, card.period_end,
             card.opened_at, card.activated_at, card.expires_at, card.alert_percent, card.note,
             card.refreshed_at, card.created_at, card.updated_at);
}

// A platform may have been asked for the card in either spelling: see match(). First looks whether
// there is any miss: the second statement makes a table of the platforms each time, which is a
// fifth of the cost of a card of an import.
void forget_misses_of(Connection& connection, const Iccid& iccid) {
  if (connection.integer("SELECT 1 FROM platform_miss WHERE platform > 0 LIMIT 1") == 0) return;
  const std::string_view common = iccid.text().substr(0, 19);
  connection.run(
      "DELETE FROM platform_miss WHERE platform IN (SELECT id FROM platform WHERE id > 0) "
      "AND iccid >= ? AND iccid < ?",
      common, end_of(common));
}

}  // namespace

std::optional<StoredCard> SqliteCardStore::find_card(const Iccid& iccid) {
  return find_stored_card(connection_, iccid);
}

std::vector<StoredCard> SqliteCardStore::matching_cards(const Iccid& iccid) {
  if (auto exact = find_stored_card(connection_, iccid)) return {*std::move(exact)};
  static const Sql similar{select_stored_card(similar_cards)};
  return read_similar(connection_, similar, iccid, read_stored_card);
}

// Reads the part of the index that an insert of the card needs anyway.
std::vector<Iccid> SqliteCardStore::other_spellings(const Iccid& iccid) {
  const std::size_t other_length = 39 - iccid.text().size();
  if (other_length != 19 && other_length != 20) return {};
  const std::string_view common = iccid.text().substr(0, 19);
  return connection_.all(read_iccid,
                         "SELECT iccid FROM card WHERE iccid >= ? AND iccid < ? "
                         "AND length(iccid) = ? ORDER BY iccid",
                         common, end_of(common), static_cast<std::int64_t>(other_length));
}

bool SqliteCardStore::add_card(const Card& card, AbnormalReasons announced,
                               std::optional<Instant> judge_at) {
  bool added = false;
  in_transaction(connection_, [&] {
    Query query = connection_.query(
        "INSERT INTO card (iccid, imsi, msisdn, imei, network_imei, access_number, operator, "
        "platform, plan, status, network, status_reason, raw_status, used_bytes, limit_bytes, "
        "remaining_bytes, usage_scope, period_start, period_end, opened_at, activated_at, "
        "expires_at, alert_percent, note, refreshed_at, created_at, updated_at, abnormal, "
        "judge_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?) ON CONFLICT (iccid) DO NOTHING");
    bind_card(query, card);
    added = query.run(names_in(announced, abnormal_names), judge_at) > 0;
    if (!added) return;
    const std::int64_t id = connection_.last_id();
    connection_
        .query(
            "INSERT INTO card_text (rowid, iccid, imsi, msisdn, imei, network_imei, access_number, "
            "operator, plan, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .run(id, card.iccid.text(), card.imsi, card.msisdn, card.imei, card.network_imei,
             card.access_number, card.operator_name, card.plan, card.note);
    // A device may be bound to it already, if it had been removed.
    connection_.run("UPDATE device SET card = ? WHERE bound_iccid = ?", id, card.iccid.text());
    forget_misses_of(connection_, card.iccid);
  });
  return added;
}

std::vector<StoredCard> SqliteCardStore::cards_to_judge(Instant now, int limit) {
  static const Sql sql{select_stored_card("WHERE c.judge_at <= ? ORDER BY c.judge_at LIMIT ?")};
  return connection_.all(read_stored_card, sql, now, limit);
}

bool SqliteCardStore::update_card(const Card& card) {
  Query query = connection_.query(
      "UPDATE card SET imsi = ?2, msisdn = ?3, imei = ?4, network_imei = ?5, access_number = ?6, "
      "operator = ?7, platform = ?8, plan = ?9, status = ?10, network = ?11, status_reason = ?12, "
      "raw_status = ?13, used_bytes = ?14, limit_bytes = ?15, remaining_bytes = ?16, usage_scope = "
      "?17, period_start = ?18, period_end = ?19, opened_at = ?20, activated_at = ?21, expires_at "
      "= ?22, alert_percent = ?23, note = ?24, refreshed_at = ?25, created_at = ?26, updated_at = "
      "?27 WHERE iccid = ?1");
  bind_card(query, card);
  return query.run() > 0;
}

bool SqliteCardStore::remove_card(const Iccid& iccid) {
  bool removed = false;
  in_transaction(connection_, [&] {
    connection_.run("DELETE FROM usage_sample WHERE iccid = ?", iccid.text());
    connection_.run(
        "DELETE FROM platform_request WHERE iccid = ? AND taken_at IS NULL AND done_at IS NULL",
        iccid.text());
    connection_.run(
        "DELETE FROM platform_held WHERE iccid = ?1 AND platform IN "
        "(SELECT platform FROM card WHERE iccid = ?1)",
        iccid.text());
    connection_.run("UPDATE device SET card = NULL WHERE bound_iccid = ?", iccid.text());
    removed = connection_.run("DELETE FROM card WHERE iccid = ?", iccid.text()) > 0;
  });
  return removed;
}

void SqliteCardStore::save_usage(const Iccid& iccid, const UsageSample& sample,
                                 const std::string& oldest) {
  in_transaction(connection_, [&] {
    connection_.run(
        "INSERT INTO usage_sample (iccid, day, used_bytes) VALUES (?, ?, ?) "
        "ON CONFLICT (iccid, day) DO UPDATE SET used_bytes = excluded.used_bytes",
        iccid.text(), sample.day, sample.used_bytes);
    connection_.run("DELETE FROM usage_sample WHERE iccid = ? AND day < ?", iccid.text(), oldest);
  });
}

std::vector<UsageSample> SqliteCardStore::usage_samples(const Iccid& iccid, int limit) {
  return connection_.all(
      [](Query& row) { return UsageSample{.day = row.text(), .used_bytes = row.integer()}; },
      "SELECT day, used_bytes FROM usage_sample WHERE iccid = ? ORDER BY day DESC LIMIT ?",
      iccid.text(), limit);
}

void SqliteCardStore::log_change(const Iccid& iccid, const LoggedChange& change) {
  connection_.run(
      "INSERT INTO card_change (iccid, at, changed_by, kind, field, \"before\", \"after\") "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      iccid.text(), change.at, change.by, logged_change_names[change.kind], change.field,
      change.before, change.after);
}

// Members are initialised in their order, which is the order of the columns.
std::vector<LoggedChange> SqliteCardStore::logged_changes(const Iccid& iccid, int limit) {
  return connection_.all(
      [](Query& row) {
        return LoggedChange{.at = row.time(),
                            .by = row.text(),
                            .kind = read_name(row, logged_change_names),
                            .field = row.text(),
                            .before = row.text(),
                            .after = row.text()};
      },
      "SELECT at, changed_by, kind, field, \"before\", \"after\" FROM card_change "
      "WHERE iccid = ? ORDER BY id DESC LIMIT ?",
      iccid.text(), limit);
}

void SqliteCardStore::set_asked_at(const Iccid& iccid, Instant as_of) {
  connection_.run("UPDATE card SET asked_at = ? WHERE iccid = ?", as_of, iccid.text());
}

void SqliteCardStore::set_refreshed_at(const Iccid& iccid, Instant at) {
  connection_.run("UPDATE card SET refreshed_at = ?1, updated_at = ?1 WHERE iccid = ?2", at,
                  iccid.text());
}

}  // namespace iotcard::sqlite
