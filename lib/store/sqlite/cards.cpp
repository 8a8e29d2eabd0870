// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/card_rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

void bind_card(Query& query, const Card& card) {
  query.bind(card.iccid.text(), card.imsi, card.msisdn, card.imei, card.access_number,
             card.operator_name, card.platform, card.plan, card_status_names[card.status],
             network_names[card.network], card.status_reason, card.raw_status, card.used_bytes,
             card.limit_bytes, card.remaining_bytes, usage_scope_names[card.usage_scope],
             card.period_start, card.period_end, card.opened_at, card.activated_at, card.expires_at,
             card.alert_percent, card.note, card.refreshed_at, card.created_at, card.updated_at);
}

std::string names_of(AbnormalReasons reasons) {
  return join(reasons.names(abnormal_names), ' ');
}

}  // namespace

std::optional<StoredCard> SqliteStore::find_card(const Iccid& iccid) {
  static const Sql sql{select_known_card("WHERE c.iccid = ?")};
  Query query = connection_.query(sql);
  query.bind(iccid.text());
  if (!query.next()) return std::nullopt;
  return read_known_card(query);
}

std::optional<MatchedCard> SqliteStore::find_matched_card(const Iccid& iccid) {
  static const Sql sql{"SELECT " + std::string{fitting_card_columns} + ", " +
                       std::string{binding_columns} + std::string{all_cards} + "WHERE c.iccid = ?"};
  Query query = connection_.query(sql);
  query.bind(iccid.text());
  if (!query.next()) return std::nullopt;
  MatchedCard card = read_fitting_card(query);
  card.binding = read_optional_binding(query);
  return card;
}

std::vector<StoredCard> SqliteStore::find_similar_cards(const Iccid& iccid, int limit) {
  const std::size_t other_length = 39 - iccid.text().size();
  if (other_length != 19 && other_length != 20) return {};
  static const Sql sql{select_known_card(
      "WHERE c.iccid >= ? AND c.iccid < ? AND length(c.iccid) = ? ORDER BY c.iccid LIMIT ?")};
  const std::string_view common = iccid.text().substr(0, 19);
  Query query = connection_.query(sql);
  query.bind(common, end_of(common), static_cast<std::int64_t>(other_length), limit);
  std::vector<StoredCard> cards = read_known_cards(query);
  for (StoredCard& known : cards) known.match = *match(iccid, known.card.iccid);
  return cards;
}

std::vector<Iccid> SqliteStore::find_cards_between(const IccidRange& range, int limit) {
  static const Sql sql{
      "SELECT iccid FROM card WHERE iccid >= ? AND iccid <= ? AND length(iccid) = ? "
      "AND iccid NOT GLOB '*[A-F]*' ORDER BY iccid LIMIT ?"};
  Query query = connection_.query(sql);
  query.bind(range.first, range.last, static_cast<std::int64_t>(range.first.size()), limit);
  std::vector<Iccid> cards;
  while (query.next()) cards.push_back(read_iccid(query));
  return cards;
}

bool SqliteStore::add_card(const Card& card, AbnormalReasons raised) {
  static const Sql sql{
      "INSERT INTO card (iccid, imsi, msisdn, imei, access_number, operator, platform, plan, "
      "status, network, status_reason, raw_status, used_bytes, limit_bytes, remaining_bytes, "
      "usage_scope, period_start, period_end, opened_at, activated_at, expires_at, alert_percent, "
      "note, refreshed_at, created_at, updated_at, abnormal) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (iccid) DO NOTHING"};
  static const Sql text{
      "INSERT INTO card_text (rowid, iccid, imsi, msisdn, imei, access_number, operator, plan, "
      "note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  bool added = false;
  in_transaction(*this, connection_, [&] {
    Query query = connection_.query(sql);
    bind_card(query, card);
    added = query.run(names_of(raised)) > 0;
    if (!added) return;
    connection_.query(text).run(connection_.last_id(), card.iccid.text(), card.imsi, card.msisdn,
                                card.imei, card.access_number, card.operator_name, card.plan,
                                card.note);
    forget_misses_of(card.iccid);
  });
  return added;
}

bool SqliteStore::update_card(const Card& card) {
  static const Sql sql{
      "UPDATE card SET imsi = ?2, msisdn = ?3, imei = ?4, access_number = ?5, operator = ?6, "
      "platform = ?7, plan = ?8, status = ?9, network = ?10, status_reason = ?11, "
      "raw_status = ?12, used_bytes = ?13, limit_bytes = ?14, remaining_bytes = ?15, "
      "usage_scope = ?16, period_start = ?17, period_end = ?18, opened_at = ?19, "
      "activated_at = ?20, expires_at = ?21, alert_percent = ?22, note = ?23, "
      "refreshed_at = ?24, created_at = ?25, updated_at = ?26 WHERE iccid = ?1"};
  Query query = connection_.query(sql);
  bind_card(query, card);
  return query.run() > 0;
}

bool SqliteStore::remove_card(const Iccid& iccid) {
  bool removed = false;
  in_transaction(*this, connection_, [&] {
    connection_.query("DELETE FROM usage_sample WHERE iccid = ?").run(iccid.text());
    connection_
        .query(
            "DELETE FROM platform_request WHERE iccid = ? AND taken_at IS NULL AND done_at IS NULL")
        .run(iccid.text());
    removed = connection_.query("DELETE FROM card WHERE iccid = ?").run(iccid.text()) > 0;
  });
  return removed;
}

void SqliteStore::save_usage(const Iccid& iccid, const UsageSample& sample,
                             const std::string& oldest) {
  in_transaction(*this, connection_, [&] {
    static const Sql save{
        "INSERT INTO usage_sample (iccid, day, used_bytes) VALUES (?, ?, ?) "
        "ON CONFLICT (iccid, day) DO UPDATE SET used_bytes = excluded.used_bytes"};
    static const Sql clear{"DELETE FROM usage_sample WHERE iccid = ? AND day < ?"};
    connection_.query(save).run(iccid.text(), sample.day, sample.used_bytes);
    connection_.query(clear).run(iccid.text(), oldest);
  });
}

std::vector<UsageSample> SqliteStore::usage_samples(const Iccid& iccid, int limit) {
  Query query = connection_.query(
      "SELECT day, used_bytes FROM usage_sample WHERE iccid = ? ORDER BY day DESC LIMIT ?");
  query.bind(iccid.text(), limit);
  std::vector<UsageSample> samples;
  while (query.next()) samples.push_back({.day = query.text(), .used_bytes = query.integer()});
  return samples;
}

void SqliteStore::write(const SetAbnormal& set) {
  Query query = connection_.query("UPDATE card SET abnormal = ? WHERE iccid = ?");
  query.run(names_of(set.reasons), set.iccid.text());
}

}  // namespace iotcard::sqlite
