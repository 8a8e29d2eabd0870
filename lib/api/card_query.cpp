// SPDX-License-Identifier: Apache-2.0
#include "api/card_query.h"

#include <fmt/core.h>

#include <utility>
#include <vector>

#include "api/device_query.h"
#include "base/duration.h"
#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

void read_within(QueryReader& reader, CardFilter& filter, Instant now) {
  const auto text = reader.text("expiringWithin");
  if (!text) return;
  const auto within = parse_duration(*text);
  if (!within || !set_expiring_within(filter, *within, now)) {
    throw wrong_parameter(
        "expiringWithin",
        fmt::format("expiringWithin: \"{}\" does not fit: a duration, such as 12h or 30d",
                    printable(*text)));
  }
}

// The parts between commas; a comma in a part has a backslash before it.
std::vector<std::string> parts_of_list(std::string_view text) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes = text[i] == '\\' && i + 1 < text.size();
    if (escapes) ++i;
    if (text[i] == ',' && !escapes) {
      parts.emplace_back();
    } else {
      parts.back() += text[i];
    }
  }
  return parts;
}

template <typename Enum, typename Table>
EnumSet<Enum> names_of_list(QueryReader& reader, std::string_view name, const Table& table) {
  EnumSet<Enum> values;
  const auto text = reader.text(name);
  if (!text) return values;
  for (const std::string& part : parts_of_list(*text)) {
    const auto value = table.find(part);
    if (value) values.add(*value);
    if (value) continue;
    throw wrong_parameter(name, fmt::format("{}: expected names with commas between them, of {}; "
                                            "not \"{}\"",
                                            name, join(table.names, ", "), printable(part)));
  }
  return values;
}

std::vector<std::int64_t> platforms_of_list(QueryReader& reader, std::string_view name) {
  std::vector<std::int64_t> platforms;
  const auto text = reader.text(name);
  if (!text) return platforms;
  for (const std::string& part : parts_of_list(*text)) {
    const auto number = part == "none" ? std::optional<std::int64_t>{0} : parse_integer(part);
    if (!number || *number < (part == "none" ? 0 : 1)) {
      throw wrong_parameter(name,
                            fmt::format("{}: expected numbers from 1 on, or none, with commas "
                                        "between them; not \"{}\"",
                                        name, printable(part)));
    }
    platforms.push_back(*number);
  }
  return platforms;
}

std::vector<std::string> operators_of_list(QueryReader& reader, std::string_view name) {
  const auto text = reader.text(name);
  return text ? parts_of_list(*text) : std::vector<std::string>{};
}

CardValues values_of(QueryReader& reader, const std::string& suffix) {
  return {.statuses = names_of_list<CardStatus>(reader, "status" + suffix, card_status_names),
          .platforms = platforms_of_list(reader, "platform" + suffix),
          .operators = operators_of_list(reader, "operator" + suffix),
          .reasons = names_of_list<Abnormal>(reader, "reason" + suffix, abnormal_names)};
}

// One value alone has an index.
void read_values(QueryReader& reader, CardFilter& filter) {
  CardValues any = values_of(reader, "");
  if (any.statuses.size() == 1) {
    any.statuses.each([&](CardStatus status) { filter.status = status; });
    any.statuses = {};
  }
  if (any.reasons.size() == 1) {
    any.reasons.each([&](Abnormal reason) { filter.reason = reason; });
    any.reasons = {};
  }
  if (any.platforms.size() == 1) filter.platform = std::exchange(any.platforms, {}).front();
  if (any.operators.size() == 1) filter.operator_name = std::exchange(any.operators, {}).front();
  filter.any = std::move(any);
  filter.none = values_of(reader, "Not");
}

}  // namespace

CardQuery card_query_of(QueryReader& reader, Instant now) {
  CardQuery query;
  CardFilter& filter = query.filter;
  filter.iccid_prefix = to_upper(reader.text("iccid").value_or(""));
  if (filter.iccid_prefix.find_first_not_of("0123456789ABCDEF") != std::string::npos) {
    throw wrong_parameter("iccid", "iccid: expected the beginning of one: digits, or A to F");
  }
  read_values(reader, filter);
  filter.bound = reader.boolean("bound");
  if (const auto abnormal = reader.boolean("abnormal")) {
    if (!*abnormal)
      throw wrong_parameter("abnormal", "abnormal: expected true, or nothing for all cards");
    query.abnormal = true;
  }
  filter.text = reader.text("text").value_or("");
  filter.device = device_of(reader);
  read_within(reader, filter, now);
  if (const auto percent = reader.integer("over", 1, 1000)) set_used_over(filter, *percent);
  if (const auto before = reader.time("expiresBefore", now)) set_expires_before(filter, *before);
  filter.refreshed_before = reader.time("refreshedBefore", now);
  filter.updated_since = reader.time("updatedSince", now);
  return query;
}

}  // namespace iotcard
