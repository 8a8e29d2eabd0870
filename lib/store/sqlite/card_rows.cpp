// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/card_rows.h"

namespace iotcard::sqlite {
namespace {

// Follow the columns of read_matched_card(), in the order of read_card().
constexpr std::string_view other_card_columns =
    "c.imsi, c.msisdn, c.imei, c.access_number, c.operator, c.plan, c.status_reason, "
    "c.raw_status, c.period_start, c.period_end, c.opened_at, c.activated_at, c.note, "
    "c.refreshed_at, c.created_at, c.updated_at";

std::optional<int> read_percent(Query& query) {
  const auto percent = query.optional_integer();
  return percent ? std::optional{static_cast<int>(*percent)} : std::nullopt;
}

AbnormalReasons read_abnormal(Query& query) {
  AbnormalReasons reasons;
  for (const std::string& name : split(query.view(), ' ')) {
    const auto reason = abnormal_names.find(name);
    if (!reason) query.unreadable(name);
    reasons.add(*reason);
  }
  return reasons;
}

Card read_card(CardState condition, Query& query) {
  Card card{condition.iccid};
  static_cast<CardState&>(card) = std::move(condition);
  card.imsi = query.text();
  card.msisdn = query.text();
  card.imei = query.text();
  card.access_number = query.text();
  card.operator_name = query.text();
  card.plan = query.text();
  card.status_reason = query.text();
  card.raw_status = query.text();
  card.period_start = query.optional_time();
  card.period_end = query.optional_time();
  card.opened_at = query.optional_time();
  card.activated_at = query.optional_time();
  card.note = query.text();
  card.refreshed_at = query.optional_time();
  card.created_at = query.time();
  card.updated_at = query.time();
  return card;
}

}  // namespace

// A 19-character ICCID has at most 16 of 20.
MatchQueries::MatchQueries(const std::string& select)
    : exact(select + "WHERE c.iccid = ?"),
      similar(select +
              "WHERE c.iccid >= ? AND c.iccid < ? AND length(c.iccid) = ? ORDER BY c.iccid "
              "LIMIT 16") {}

std::string select_stored_card(std::string_view where, std::string_view from) {
  std::string sql = "SELECT ";
  sql.append(matched_card_columns).append(", ").append(other_card_columns);
  sql.append(", ").append(binding_columns);
  return sql.append(from).append(where);
}

MatchedCard read_matched_card(Query& query) {
  CardState card{read_iccid(query)};
  card.platform = query.optional_integer();
  card.status = read_name(query, card_status_names);
  card.network = read_name(query, network_names);
  card.used_bytes = query.optional_integer();
  card.limit_bytes = query.optional_integer();
  card.remaining_bytes = query.optional_integer();
  card.usage_scope = read_name(query, usage_scope_names);
  card.expires_at = query.optional_time();
  card.alert_percent = read_percent(query);
  return {std::move(card), Match::exact, std::nullopt, read_abnormal(query)};
}

StoredCard read_stored_card(Query& query) {
  MatchedCard fitting = read_matched_card(query);
  Card card = read_card(std::move(fitting.card), query);
  return {std::move(card), fitting.match, read_optional_binding(query), fitting.announced};
}

}  // namespace iotcard::sqlite
