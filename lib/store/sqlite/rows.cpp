// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/rows.h"

#include "base/text.h"

namespace iotcard::sqlite {
namespace {

Outcome read_outcome(Query& query) {
  const std::string name = query.text();
  for (const Outcome outcome : mismatch_outcomes) {
    if (outcome_name(outcome) == name) return outcome;
  }
  query.unreadable(name);
}

}  // namespace

// Members are initialised in their order, which is the order of the columns.

Binding read_binding(Query& query) {
  return {.id = query.integer(),
          .device = {query.text(), query.text()},
          .iccid = read_iccid(query),
          .match = read_name(query, match_names),
          .since = query.time(),
          .last_seen = query.time(),
          .until = query.optional_time(),
          .created_by = query.text(),
          .ended_by = query.text()};
}

std::optional<Binding> read_optional_binding(Query& query) {
  if (query.null_ahead()) return std::nullopt;
  return read_binding(query);
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
          .dismissed_by = query.text()};
}

std::string select_mismatch(std::string_view rest) {
  return "SELECT m.id, m.product, m.number, m.outcome, m.reported, m.platform, m.state, m.count, "
         "m.first_seen, m.last_seen, m.ended, m.ended_by, m.dismissed_at, m.dismissed_by "
         "FROM mismatch m " +
         std::string{rest};
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

}  // namespace iotcard::sqlite
