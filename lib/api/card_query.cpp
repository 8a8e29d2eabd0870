// SPDX-License-Identifier: Apache-2.0
#include "api/card_query.h"

#include <fmt/core.h>

#include <limits>
#include <vector>

#include "base/duration.h"
#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

constexpr std::string_view usage = "usage";  // another name of used_share

std::vector<std::string_view> columns() {
  std::vector<std::string_view> names{card_order_names.names.begin(), card_order_names.names.end()};
  names.push_back(usage);
  return names;
}

void read_within(QueryReader& reader, CardFilter& filter, Instant now) {
  const auto text = reader.text("expiringWithin");
  if (!text) return;
  const auto within = parse_duration(*text);
  if (!within || !set_expiring_within(filter, *within, now)) {
    throw ApiError{400, fmt::format("expiringWithin: \"{}\" does not fit: a duration, such as 12h "
                                    "or 30d",
                                    printable(*text))};
  }
}

}  // namespace

CardListing card_listing_of(QueryReader& reader, const Context& context) {
  CardListing listing;
  CardFilter& filter = listing.query.filter;
  filter.iccid_prefix = to_upper(reader.text("iccid").value_or(""));
  if (filter.iccid_prefix.find_first_not_of("0123456789ABCDEF") != std::string::npos) {
    throw ApiError{400, "iccid: expected the beginning of one: digits, or A to F"};
  }
  filter.status = reader.choice("status", card_status_names);
  filter.platform = reader.integer("platform", 1, std::numeric_limits<std::int64_t>::max());
  filter.operator_name = reader.text("operator").value_or("");
  filter.bound = reader.boolean("bound");
  filter.reason = reader.choice("reason", abnormal_names);
  if (const auto abnormal = reader.boolean("abnormal")) {
    if (!*abnormal) throw ApiError{400, "abnormal: expected true, or nothing for all cards"};
    listing.query.abnormal = true;
  }
  filter.text = reader.text("text").value_or("");
  read_within(reader, filter, context.now);
  if (const auto percent = reader.integer("over", 1, 1000)) set_used_over(filter, *percent);
  const auto page = reader.page(columns());
  listing.page = {page.number, static_cast<int>(page.size)};
  if (!page.order_by.empty()) {
    const auto order = card_order_names.find(page.order_by);  // none: it is usage
    filter.order = order.value_or(CardOrder::used_share);
    filter.descending = false;
  }
  if (page.says_direction) filter.descending = !page.ascending;
  return listing;
}

PageRequest page_of(QueryReader& reader) {
  const auto page = reader.page_numbers();
  return {page.number, static_cast<int>(page.size)};
}

}  // namespace iotcard
