// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/rows.h"

#include <algorithm>

namespace iotcard::sqlite {
namespace {

Outcome read_outcome(Query& query) {
  const std::string name = query.text();
  for (const Outcome outcome : mismatch_outcomes) {
    if (outcome_name(outcome) == name) return outcome;
  }
  query.unreadable(name);
}

// Follow the columns of read_matched_card(), in the order of read_card().
constexpr std::string_view other_card_columns =
    "c.imsi, c.msisdn, c.network_imei, c.access_number, c.operator, c.plan, c.status_reason, "
    "c.raw_status, c.period_start, c.period_end, c.opened_at, c.activated_at, c.note, "
    "c.refreshed_at, c.created_at, c.updated_at";

std::optional<int> read_percent(Query& query) {
  const auto percent = query.optional_integer();
  return percent ? std::optional{static_cast<int>(*percent)} : std::nullopt;
}

Card read_card(CardState state, Query& query) {
  Card card{state.iccid};
  static_cast<CardState&>(card) = std::move(state);
  card.imsi = query.text();
  card.msisdn = query.text();
  card.network_imei = query.text();
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

// Members are initialised in their order, which is the order of the columns.

std::optional<Binding> read_own_binding(Query& query, DeviceKey device) {
  if (query.null_ahead()) return std::nullopt;
  const Instant since = query.time();
  const Match match = read_name(query, match_names);
  const Instant last_seen = query.time();
  std::string created_by = query.text();
  return Binding{std::move(device), read_iccid(query),     match, since, last_seen,
                 std::nullopt,      std::move(created_by), ""};
}

std::optional<Binding> read_open_binding(Query& query) {
  std::optional<Binding> binding = read_own_binding(query, {});
  if (!binding) return binding;
  binding->device = {query.text(), query.text()};
  binding->imei = query.text();
  return binding;
}

Binding read_past_binding(Query& query) {
  Binding binding = read_open_binding(query).value();
  binding.until = query.time();
  binding.ended_by = query.text();
  return binding;
}

std::string select_past(std::string_view where) {
  return "SELECT " + std::string{past_binding_columns} +
         " FROM binding b CROSS JOIN device d ON d.id = b.device WHERE " + std::string{where} +
         " ORDER BY b.id DESC LIMIT ?";
}

std::vector<Iccid> read_iccids(Query& query) {
  std::vector<Iccid> iccids;
  for (const std::string& text : split(query.view(), ' ')) {
    auto iccid = Iccid::from_canonical(text);
    if (!iccid) query.unreadable(text);
    iccids.push_back(*std::move(iccid));
  }
  return iccids;
}

// nullopt for ''.
template <typename Parse>
auto read_or_none(Query& query, const Parse& parse) {
  const std::string_view text = query.view();
  auto value = text.empty() ? decltype(parse(text)){} : parse(text);
  if (!text.empty() && !value) query.unreadable(text);
  return value;
}

Against read_against(Query& query) {
  Against against;
  against.suspect = read_or_none(query, [](auto name) { return suspect_names.find(name); });
  against.bound = read_or_none(query, [](auto text) { return Iccid::from_canonical(text); });
  against.holder = read_or_none(query, [](auto text) { return DeviceKey::parse(text); });
  against.card_platform = query.optional_integer();
  return against;
}

Mismatch read_mismatch(Query& query) {
  return {.id = query.integer(),
          .device = {query.text(), query.text()},
          .outcome = read_outcome(query),
          .reported = query.text(),
          .platform = query.optional_integer(),
          .state = read_name(query, mismatch_state_names),
          .count = query.integer(),
          .first_seen = query.time(),
          .last_seen = query.time(),
          .ended = query.optional_time(),
          .ended_by = query.text(),
          .dismissed = query.optional_time(),
          .dismissed_by = query.text(),
          .reason = query.text(),
          .against = read_against(query),
          .reported_text = query.text(),
          .leniencies = read_names(query, leniency_names),
          .candidates = read_iccids(query)};
}

std::string select_mismatch(std::string_view rest, std::string_view index) {
  std::string sql =
      "SELECT m.id, d.product, d.number, m.outcome, m.reported, m.platform, m.state, m.count, "
      "m.first_seen, m.last_seen, m.ended, m.ended_by, m.dismissed_at, m.dismissed_by, "
      "m.reason, m.suspect, m.bound_iccid, m.holder, m.card_platform, m.reported_text, "
      "m.leniencies, m.candidates FROM mismatch m ";
  sql.append(index).append("CROSS JOIN device d ON d.id = m.device ");
  return sql.append(rest);
}

std::vector<Mismatch> read_standing(Connection& connection, const DeviceKey& device) {
  static const Sql sql{
      select_mismatch("WHERE m.device" + std::string{is_device} + " AND m.ended IS NULL",
                      "INDEXED BY mismatch_standing_device ")};
  std::vector<Mismatch> mismatches =
      connection.all(read_mismatch, sql, device.product, device.number);
  std::ranges::sort(mismatches, {}, &Mismatch::id);
  return mismatches;
}

std::string select_rejected(std::string_view rest) {
  return "SELECT id, topic, payload, size, reason, \"offset\", at FROM rejected_report " +
         std::string{rest};
}

RejectedReport read_rejected(Query& query) {
  RejectedReport rejected{.id = query.integer(),
                          .report = {.topic = query.text(),
                                     .payload = query.text(),
                                     .size = static_cast<std::uint32_t>(query.integer())},
                          .reason = read_name(query, rejection_reason_names),
                          .offset = query.integer()};
  rejected.report.arrival = query.time();
  return rejected;
}

Iccid read_iccid(Query& query) {
  const std::string_view text = query.view();
  auto iccid = Iccid::from_canonical(text);
  if (!iccid) query.unreadable(text);
  return *std::move(iccid);
}

std::vector<std::string> split(std::string_view text, char separator) {
  if (text.empty()) return {};
  const std::vector<std::string_view> parts = iotcard::split(text, separator);
  return {parts.begin(), parts.end()};
}

MatchedCard read_matched_and_binding(Query& query) {
  MatchedCard card = read_matched_card(query);
  card.binding = read_open_binding(query);
  return card;
}

std::string select_stored_card(std::string_view where, std::string_view from) {
  std::string sql = "SELECT ";
  sql.append(matched_card_columns).append(", ").append(other_card_columns);
  sql.append(", ").append(open_binding_columns);
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
  card.imei = query.text();
  const AbnormalReasons announced = read_names(query, abnormal_names);
  return {std::move(card), Match::exact, std::nullopt, announced, query.optional_time()};
}

StoredCard read_stored_card(Query& query) {
  MatchedCard matched = read_matched_card(query);
  Card card = read_card(std::move(matched.card), query);
  return {std::move(card), matched.match, read_open_binding(query), matched.announced,
          matched.judge_at};
}

std::optional<StoredCard> find_stored_card(Connection& connection, const Iccid& iccid) {
  static const Sql sql{select_stored_card("WHERE c.iccid = ?")};
  return connection.first(read_stored_card, sql, iccid.text());
}

// Members are initialised in their order, which is that of the columns.
ServiceHealth read_health(Query& query) {
  return {.failures = query.integer(),
          .next_try = query.optional_time(),
          .last_answer = query.optional_time(),
          .last_failure = query.optional_time(),
          .fault = query.text(),
          .failure = query.text()};
}

}  // namespace iotcard::sqlite
