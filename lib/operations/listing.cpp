// SPDX-License-Identifier: Apache-2.0
#include "operations/listing.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr int page_size = 500;  // rows

// `read(cursor, size)` returns a page.
template <typename Read, typename Take>
void each_row(std::int64_t limit, const Read& read, const Take& take) {
  std::int64_t left = limit == no_limit ? std::numeric_limits<std::int64_t>::max() : limit;
  std::string cursor;
  while (left > 0) {
    const auto page = read(cursor, static_cast<int>(std::min<std::int64_t>(page_size, left)));
    for (const auto& row : page.rows) take(row);
    left -= static_cast<std::int64_t>(page.rows.size());
    cursor = page.next_cursor;
    if (cursor.empty()) return;
  }
}

void check_text(const std::string& text) {
  if (text.empty()) return;
  const bool plain = std::none_of(text.begin(), text.end(),
                                  [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (plain && is_utf8(text) && count_characters(text) >= min_search_characters) return;
  throw OperationError{
      OperationError::Kind::invalid,
      fmt::format("a text to look for: expected {} characters or more, without control characters",
                  min_search_characters)};
}

}  // namespace

std::vector<CardFilter> list_parts(const CardQuery& query, const Context& context) {
  check_text(query.filter.text);
  CardFilter filter = query.filter;
  filter.now = context.now;
  filter.soon = context.policy.alerts.expires_within;
  const auto by_date = [&](CardFilter& part) {
    const bool dated = part.reason == Abnormal::expired || part.reason == Abnormal::expiring_soon;
    if (dated && part.order == CardOrder::iccid) part.order = CardOrder::expires_at;
  };
  if (!query.abnormal || filter.reason) {
    by_date(filter);
    return {filter};
  }
  std::vector<CardFilter> parts;
  for (std::size_t i = 0; i < abnormal_names.names.size(); ++i) {
    CardFilter part = filter;
    part.reason = static_cast<Abnormal>(i);
    part.worst = true;
    by_date(part);
    parts.push_back(part);
  }
  return parts;
}

bool set_expiring_within(CardFilter& filter, std::chrono::milliseconds within, Instant now) {
  if (within > std::chrono::years{7000}) return false;
  filter.expires_after = now;
  filter.expires_until = now + within;
  filter.order = CardOrder::expires_at;
  return true;
}

void set_used_over(CardFilter& filter, std::int64_t percent) {
  filter.used_share_from = static_cast<double>(percent) / 100;
  filter.order = CardOrder::used_share;
  filter.descending = true;
}

void each_card(ListStore& store, const Context& context, const CardQuery& query, std::int64_t limit,
               const std::function<void(const StoredCard&)>& take) {
  std::int64_t left = limit;
  for (const CardFilter& part : list_parts(query, context)) {
    std::int64_t taken = 0;
    each_row(
        left,
        [&](const std::string& after, int size) {
          auto page = store.list_cards(part, after, size);
          taken += static_cast<std::int64_t>(page.rows.size());
          return page;
        },
        take);
    if (limit == no_limit) continue;
    left -= taken;
    if (left == 0) return;
  }
}

void each_device(ListStore& store, const DeviceFilter& filter, std::int64_t limit,
                 const std::function<void(const DeviceRow&)>& take) {
  each_row(
      limit,
      [&](const std::string& after, int size) { return store.list_devices(filter, after, size); },
      take);
}

void each_mismatch(Store& store, const MismatchFilter& filter, std::int64_t limit,
                   const std::function<void(const MismatchDetails&)>& take) {
  each_row(
      limit,
      [&](const std::string& after, int size) {
        return store.list_mismatches(filter, after, size);
      },
      [&](const Mismatch& mismatch) { take(describe_mismatch(store, mismatch)); });
}

void each_rejected(ListStore& store, const RejectedFilter& filter, std::int64_t limit,
                   const std::function<void(const RejectedReport&)>& take) {
  each_row(
      limit,
      [&](const std::string& after, int size) { return store.list_rejected(filter, after, size); },
      take);
}

}  // namespace iotcard
