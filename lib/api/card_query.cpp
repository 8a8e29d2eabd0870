// SPDX-License-Identifier: Apache-2.0
#include "api/card_query.h"

#include <fmt/core.h>

#include <limits>

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

}  // namespace

CardQuery card_query_of(QueryReader& reader, Instant now) {
  CardQuery query;
  CardFilter& filter = query.filter;
  filter.iccid_prefix = to_upper(reader.text("iccid").value_or(""));
  if (filter.iccid_prefix.find_first_not_of("0123456789ABCDEF") != std::string::npos) {
    throw wrong_parameter("iccid", "iccid: expected the beginning of one: digits, or A to F");
  }
  filter.status = reader.choice("status", card_status_names);
  filter.platform = reader.integer("platform", 1, std::numeric_limits<std::int64_t>::max());
  filter.operator_name = reader.text("operator").value_or("");
  filter.bound = reader.boolean("bound");
  filter.reason = reader.choice("reason", abnormal_names);
  if (const auto abnormal = reader.boolean("abnormal")) {
    if (!*abnormal)
      throw wrong_parameter("abnormal", "abnormal: expected true, or nothing for all cards");
    query.abnormal = true;
  }
  filter.text = reader.text("text").value_or("");
  filter.device = device_of(reader);
  read_within(reader, filter, now);
  if (const auto percent = reader.integer("over", 1, 1000)) set_used_over(filter, *percent);
  return query;
}

}  // namespace iotcard
