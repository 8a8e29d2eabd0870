// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/card_rows.h"

namespace iotcard::sqlite {
namespace {

// The order of read_card().
constexpr std::string_view card_columns =
    "c.iccid, c.imsi, c.msisdn, c.imei, c.access_number, c.operator, c.platform, c.plan, c.status, "
    "c.network, c.status_reason, c.raw_status, c.used_bytes, c.limit_bytes, c.remaining_bytes, "
    "c.usage_scope, c.period_start, c.period_end, c.opened_at, c.activated_at, c.expires_at, "
    "c.alert_percent, c.note, c.refreshed_at, c.created_at, c.updated_at";

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
  card.alert_percent = read_percent(query);
  card.note = query.text();
  card.refreshed_at = query.optional_time();
  card.created_at = query.time();
  card.updated_at = query.time();
  return card;
}

}  // namespace

std::string select_known_card(std::string_view where, std::string_view from) {
  std::string sql = "SELECT ";
  sql.append(card_columns).append(", c.abnormal, ").append(binding_columns);
  return sql.append(from).append(where);
}

KnownCard read_known_card(Query& query) {
  KnownCard known{.card = read_card(query), .binding = {}, .raised = {}};
  known.raised = read_abnormal(query);
  known.binding = read_optional_binding(query);
  return known;
}

FittingCard read_fitting_card(Query& query) {
  CardCondition card{read_iccid(query)};
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

std::vector<KnownCard> read_known_cards(Query& query) {
  std::vector<KnownCard> cards;
  while (query.next()) cards.push_back(read_known_card(query));
  return cards;
}

}  // namespace iotcard::sqlite
