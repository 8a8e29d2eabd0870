// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

// The order of bind_card() and read_card().
constexpr std::string_view card_columns =
    "c.iccid, c.imsi, c.msisdn, c.imei, c.access_number, c.operator, c.platform, c.plan, c.status, "
    "c.network, c.status_reason, c.raw_status, c.used_bytes, c.limit_bytes, c.remaining_bytes, "
    "c.usage_scope, c.period_start, c.period_end, c.opened_at, c.activated_at, c.expires_at, "
    "c.alert_percent, c.note, c.refreshed_at, c.created_at, c.updated_at";

void bind_card(Query& query, const Card& card) {
  query.bind(card.iccid.text(), card.imsi, card.msisdn, card.imei, card.access_number,
             card.operator_name, card.platform, card.plan, card_status_names[card.status],
             network_names[card.network], card.status_reason, card.raw_status, card.used_bytes,
             card.limit_bytes, card.remaining_bytes, usage_scope_names[card.usage_scope],
             card.period_start, card.period_end, card.opened_at, card.activated_at, card.expires_at,
             card.alert_percent, card.note, card.refreshed_at, card.created_at, card.updated_at);
}

Card read_card(Query& query) {
  Card card{read_iccid(query)};
  card.imsi = query.text();
  card.msisdn = query.text();
  card.imei = query.text();
  card.access_number = query.text();
  card.operator_name = query.text();
  card.platform = query.optional_integer();
  card.plan = query.text();
  card.status = read_name(query, card_status_names);
  card.network = read_name(query, network_names);
  card.status_reason = query.text();
  card.raw_status = query.text();
  card.used_bytes = query.optional_integer();
  card.limit_bytes = query.optional_integer();
  card.remaining_bytes = query.optional_integer();
  card.usage_scope = read_name(query, usage_scope_names);
  card.period_start = query.optional_time();
  card.period_end = query.optional_time();
  card.opened_at = query.optional_time();
  card.activated_at = query.optional_time();
  card.expires_at = query.optional_time();
  if (const auto percent = query.optional_integer()) {
    card.alert_percent = static_cast<int>(*percent);
  }
  card.note = query.text();
  card.refreshed_at = query.optional_time();
  card.created_at = query.time();
  card.updated_at = query.time();
  return card;
}

constexpr std::string_view all_cards =
    " FROM card c LEFT JOIN binding b ON b.iccid = c.iccid AND b.until IS NULL ";
// CROSS JOIN: by way of the bindings, of which there may be few.
constexpr std::string_view bound_cards =
    " FROM binding b INDEXED BY binding_open_card CROSS JOIN card c ON c.iccid = b.iccid AND "
    "b.until IS NULL ";

// SELECT of what read_known_card() reads.
std::string select_known_card(std::string_view where, std::string_view from = all_cards) {
  std::string sql = "SELECT ";
  sql.append(card_columns).append(", c.abnormal, ").append(binding_columns);
  return sql.append(from).append(where);
}

KnownCard read_known_card(Query& query) {
  KnownCard known{.card = read_card(query), .binding = {}, .raised = {}};
  for (const std::string& name : split(query.text(), ' ')) {
    const auto reason = abnormal_names.find(name);
    if (!reason) query.unreadable(name);
    known.raised.add(*reason);
  }
  known.binding = read_optional_binding(query);
  return known;
}

std::vector<KnownCard> read_known_cards(Query& query) {
  std::vector<KnownCard> cards;
  while (query.next()) cards.push_back(read_known_card(query));
  return cards;
}

// Behind every ICCID that begins with `prefix`: none has a character above F.
std::string end_of(std::string_view prefix) {
  return std::string{prefix} + 'G';
}

std::string terms(const CardFilter& filter) {
  std::string sql;
  if (filter.status) sql += " AND c.status = ?";
  if (filter.platform) sql += " AND c.platform = ?";
  if (filter.bound == false) sql += " AND b.id IS NULL";
  return sql;
}

void bind_terms(Query& query, const CardFilter& filter) {
  if (filter.status) query.bind(card_status_names[*filter.status]);
  if (filter.platform) query.bind(*filter.platform);
}

}  // namespace

std::optional<KnownCard> SqliteStore::find_card(const Iccid& iccid) {
  static const std::string sql = select_known_card("WHERE c.iccid = ?");
  Query query = connection_.query(sql);
  query.bind(iccid.text());
  if (!query.next()) return std::nullopt;
  return read_known_card(query);
}

std::vector<KnownCard> SqliteStore::find_similar_cards(const Iccid& iccid, int limit) {
  const std::size_t other_length = 39 - iccid.text().size();
  if (other_length != 19 && other_length != 20) return {};
  static const std::string sql = select_known_card(
      "WHERE c.iccid >= ? AND c.iccid < ? AND length(c.iccid) = ? ORDER BY c.iccid LIMIT ?");
  const std::string_view common = iccid.text().substr(0, 19);
  Query query = connection_.query(sql);
  query.bind(common, end_of(common), static_cast<std::int64_t>(other_length), limit);
  std::vector<KnownCard> cards = read_known_cards(query);
  for (KnownCard& known : cards) known.match = *match(iccid, known.card.iccid);
  return cards;
}

std::vector<Iccid> SqliteStore::find_cards_between(const IccidRange& range, int limit) {
  static const std::string sql =
      "SELECT iccid FROM card WHERE iccid >= ? AND iccid <= ? AND length(iccid) = ? "
      "AND iccid NOT GLOB '*[A-F]*' ORDER BY iccid LIMIT ?";
  Query query = connection_.query(sql);
  query.bind(range.first, range.last, static_cast<std::int64_t>(range.first.size()), limit);
  std::vector<Iccid> cards;
  while (query.next()) cards.push_back(read_iccid(query));
  return cards;
}

std::vector<KnownCard> SqliteStore::list_cards(const CardFilter& filter,
                                               const std::string& after_iccid, int limit) {
  const bool bound = filter.bound == true;
  const std::string key = bound ? "b.iccid" : "c.iccid";
  const std::string where = "WHERE " + key + " >= ? AND " + key + " < ?" + terms(filter) +
                            " ORDER BY " + key + " LIMIT ?";
  // No text of an ICCID's characters lies between another and the same followed by a 0.
  const std::string behind = after_iccid.empty() ? after_iccid : after_iccid + '0';
  Query query = connection_.query(select_known_card(where, bound ? bound_cards : all_cards));
  query.bind(std::max(filter.iccid_prefix, behind), end_of(filter.iccid_prefix));
  bind_terms(query, filter);
  query.bind(limit);
  return read_known_cards(query);
}

std::int64_t SqliteStore::count_cards(const CardFilter& filter) {
  std::string sql = "SELECT count(*)";
  if (filter.bound) {
    sql += *filter.bound ? bound_cards : all_cards;
  } else {
    sql += " FROM card c ";
  }
  // Without a prefix no range of keys, so that the smallest index serves.
  const bool prefix = !filter.iccid_prefix.empty();
  sql += prefix ? "WHERE c.iccid >= ? AND c.iccid < ?" : "WHERE true";
  Query query = connection_.query(sql + terms(filter));
  if (prefix) query.bind(filter.iccid_prefix, end_of(filter.iccid_prefix));
  bind_terms(query, filter);
  return query.next() ? query.integer() : 0;
}

bool SqliteStore::add_card(const Card& card) {
  static const std::string sql =
      "INSERT INTO card (iccid, imsi, msisdn, imei, access_number, operator, platform, plan, "
      "status, network, status_reason, raw_status, used_bytes, limit_bytes, remaining_bytes, "
      "usage_scope, period_start, period_end, opened_at, activated_at, expires_at, alert_percent, "
      "note, refreshed_at, created_at, updated_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (iccid) DO NOTHING";
  Query query = connection_.query(sql);
  bind_card(query, card);
  return query.run() > 0;
}

bool SqliteStore::update_card(const Card& card) {
  static const std::string sql =
      "UPDATE card SET imsi = ?2, msisdn = ?3, imei = ?4, access_number = ?5, operator = ?6, "
      "platform = ?7, plan = ?8, status = ?9, network = ?10, status_reason = ?11, "
      "raw_status = ?12, used_bytes = ?13, limit_bytes = ?14, remaining_bytes = ?15, "
      "usage_scope = ?16, period_start = ?17, period_end = ?18, opened_at = ?19, "
      "activated_at = ?20, expires_at = ?21, alert_percent = ?22, note = ?23, "
      "refreshed_at = ?24, created_at = ?25, updated_at = ?26 WHERE iccid = ?1";
  Query query = connection_.query(sql);
  bind_card(query, card);
  return query.run() > 0;
}

bool SqliteStore::remove_card(const Iccid& iccid) {
  Query query = connection_.query("DELETE FROM card WHERE iccid = ?");
  return query.bind(iccid.text()).run() > 0;
}

void SqliteStore::write(const SetAbnormal& set) {
  Query query = connection_.query("UPDATE card SET abnormal = ? WHERE iccid = ?");
  query.bind(join(set.reasons.names(abnormal_names), ' '), set.iccid.text()).run();
}

}  // namespace iotcard::sqlite
