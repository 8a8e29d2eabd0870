// SPDX-License-Identifier: Apache-2.0
#include "operations/listing.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "base/utf8.h"
#include "operations/usage.h"

namespace iotcard {
namespace {

constexpr int page_size = 500;    // rows
constexpr int history_size = 50;  // bindings
constexpr int most_history = 10'000;

// `read(size)` returns the next page.
template <typename Read, typename Take>
void each_row(std::int64_t limit, const Read& read, const Take& take) {
  std::int64_t left = limit == no_limit ? std::numeric_limits<std::int64_t>::max() : limit;
  while (left > 0) {
    const int size = static_cast<int>(std::min<std::int64_t>(page_size, left));
    const auto page = read(size);
    for (const auto& row : page) take(row);
    left -= static_cast<std::int64_t>(page.size());
    if (page.size() < static_cast<std::size_t>(size)) return;
  }
}

// The rows of a page: those behind the place and the rows to skip.
template <typename Row, typename Read>
ListPage<Row> page_at(const PageCursorCache::Spot& spot, const PageRequest& page,
                      std::int64_t first_row, const Read& read) {
  ListPage<Row> result{.total = spot.total, .rows = {}};
  if (first_row >= spot.total) return result;
  result.rows = read(spot.place, static_cast<int>(spot.skip) + page.size);
  const auto skip =
      std::min<std::int64_t>(spot.skip, static_cast<std::int64_t>(result.rows.size()));
  result.rows.erase(result.rows.begin(), result.rows.begin() + skip);
  return result;
}

std::int64_t first_row(const PageRequest& page) {
  return (page.number - 1) * page.size;
}

void check_text(const std::string& text) {
  if (text.empty()) return;
  const bool plain = std::none_of(text.begin(), text.end(),
                                  [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (plain && is_utf8(text) && count_characters(text) >= least_text) return;
  throw OperationError{
      OperationError::Kind::invalid,
      fmt::format("a text to look for: expected {} characters or more, without control characters",
                  least_text)};
}

// The lists that one query is the sequence of. A list of abnormal cards is one for each reason, of
// the cards that have no worse one.
std::vector<CardFilter> parts_of(const CardQuery& query, const Context& context) {
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

// At most `limit` cards behind the place, which is "<number of the part>:<place in it>".
std::vector<StoredCard> read_parts(Store& store, const std::vector<CardFilter>& parts,
                                   const std::string& place, std::size_t limit) {
  std::size_t part = place.empty() ? 0 : static_cast<std::size_t>(place[0] - '0');
  std::string after = place.empty() ? "" : place.substr(2);
  std::vector<StoredCard> cards;
  for (; part < parts.size() && cards.size() < limit; ++part, after.clear()) {
    auto more = store.list_cards(parts[part], after, static_cast<int>(limit - cards.size()));
    std::move(more.begin(), more.end(), std::back_inserter(cards));
  }
  return cards;
}

std::int64_t walk_parts(Store& store, const std::vector<CardFilter>& parts, std::int64_t stride,
                        const PageCursorCache::Take& take) {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    total += store.scan_cards(parts[i], stride, total, [&](const std::string& place) {
      take(std::to_string(i) + ':' + place);
    });
  }
  return total;
}

std::string name_of(const CardQuery& query) {
  const CardFilter& filter = query.filter;
  const auto number = [](const auto& value) {
    return value ? std::to_string(static_cast<std::int64_t>(*value)) : std::string{};
  };
  // What is asked for by the distance from now is the same list for a minute.
  const auto time = [](const std::optional<Instant>& value) {
    return value ? to_rfc3339(std::chrono::floor<std::chrono::minutes>(*value)) : std::string{};
  };
  return fmt::format("cards\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}",
                     filter.iccid_prefix, number(filter.status), number(filter.platform),
                     number(filter.bound), filter.operator_name, number(filter.reason),
                     time(filter.expires_after), time(filter.expires_until),
                     filter.used_share_from.value_or(-1), filter.text,
                     static_cast<int>(filter.order), filter.descending, query.abnormal);
}

}  // namespace

bool set_expiring_within(CardFilter& filter, std::chrono::milliseconds within, Instant now) {
  if (within > std::chrono::years{7000}) return false;
  filter.expires_after = now;
  filter.expires_until = now + within;
  filter.order = CardOrder::expires_at;
  return true;
}

void each_card(Store& store, const Context& context, const CardQuery& query, std::int64_t limit,
               const std::function<void(const StoredCard&)>& take) {
  std::int64_t left = limit;
  for (const CardFilter& part : parts_of(query, context)) {
    std::string after;
    std::int64_t taken = 0;
    each_row(
        left,
        [&](int size) {
          auto page = store.list_cards(part, after, size);
          if (!page.empty()) after = page_cursor(page.back().card, part);
          taken += static_cast<std::int64_t>(page.size());
          return page;
        },
        take);
    if (limit == no_limit) continue;
    left -= taken;
    if (left == 0) return;
  }
}

ListPage<StoredCard> card_page(Store& store, const Context& context, const CardQuery& query,
                               const PageRequest& page, PageCursorCache& index) {
  const std::vector<CardFilter> parts = parts_of(query, context);
  const PageCursorCache::Spot spot = index.find(
      name_of(query), first_row(page), [&](std::int64_t stride, const PageCursorCache::Take& take) {
        return walk_parts(store, parts, stride, take);
      });
  return page_at<StoredCard>(spot, page, first_row(page), [&](const std::string& place, int limit) {
    return read_parts(store, parts, place, static_cast<std::size_t>(limit));
  });
}

void each_device(Store& store, const DeviceFilter& filter, std::int64_t limit,
                 const std::function<void(const DeviceRow&)>& take) {
  std::optional<DeviceKey> after;
  each_row(
      limit,
      [&](int size) {
        auto page = store.list_devices(filter, after, size);
        if (!page.empty()) after = page.back().device;
        return page;
      },
      take);
}

void each_mismatch(Store& store, const MismatchFilter& filter, std::int64_t limit,
                   const std::function<void(const MismatchDetails&)>& take) {
  std::int64_t after = 0;
  each_row(
      limit,
      [&](int size) {
        auto page = store.list_mismatches(filter, after, size);
        if (!page.empty()) after = page.back().id;
        return page;
      },
      [&](const Mismatch& mismatch) { take(describe_mismatch(store, mismatch)); });
}

void each_rejected(Store& store, const RejectedFilter& filter, std::int64_t limit,
                   const std::function<void(const RejectedReport&)>& take) {
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  each_row(
      limit,
      [&](int size) {
        auto page = store.list_rejected(before, size, filter);
        if (!page.empty()) before = page.back().id;
        return page;
      },
      take);
}

MismatchDetails describe_mismatch(Store& store, Mismatch mismatch) {
  MismatchDetails details{std::move(mismatch), {}, {}};
  if (auto binding = store.binding_of(details.mismatch.device)) details.bound = binding->iccid;
  const auto reported = Iccid::from_canonical(details.mismatch.reported);
  if (!reported) return details;
  auto card = store.find_card(*reported);
  if (!card) {
    const auto similar = store.find_similar_cards(*reported, 2);
    if (similar.size() == 1) card = similar[0];
  }
  const bool held = card && card->binding && card->binding->device != details.mismatch.device;
  if (held) details.holder = card->binding->device;
  return details;
}

namespace {

std::vector<MismatchDetails> with_details(Store& store, std::vector<Mismatch> mismatches) {
  std::vector<MismatchDetails> detailed;
  for (Mismatch& mismatch : mismatches) {
    detailed.push_back(describe_mismatch(store, std::move(mismatch)));
  }
  return detailed;
}

}  // namespace

ListPage<DeviceRow> device_page(Store& store, const DeviceFilter& filter, const PageRequest& page,
                                PageCursorCache& index) {
  const std::string bound = filter.bound ? (*filter.bound ? "bound" : "free") : "";
  const std::string name =
      fmt::format("devices\n{}\n{}\n{}", filter.product, filter.number_prefix, bound);
  const PageCursorCache::Spot spot = index.find(
      name, first_row(page), [&](std::int64_t stride, const PageCursorCache::Take& take) {
        return store.scan_devices(filter, stride,
                                  [&](const DeviceKey& device) { take(device.text()); });
      });
  return page_at<DeviceRow>(spot, page, first_row(page), [&](const std::string& place, int limit) {
    return store.list_devices(filter, DeviceKey::parse(place), limit);
  });
}

namespace {

// Lists whose places are ids.
template <typename Row, typename WalkIds, typename Read>
ListPage<Row> page_by_id(const std::string& name, const PageRequest& page, PageCursorCache& index,
                         const WalkIds& walk_ids, const Read& read) {
  const PageCursorCache::Spot spot = index.find(
      name, first_row(page), [&](std::int64_t stride, const PageCursorCache::Take& take) {
        return walk_ids(stride, [&](std::int64_t id) { take(std::to_string(id)); });
      });
  return page_at<Row>(spot, page, first_row(page), [&](const std::string& place, int limit) {
    return read(place.empty() ? 0 : std::stoll(place), limit);
  });
}

}  // namespace

ListPage<MismatchDetails> mismatch_page(Store& store, const MismatchFilter& filter,
                                        const PageRequest& page, PageCursorCache& index) {
  const std::string name =
      fmt::format("mismatches\n{}\n{}\n{}\n{}\n{}", filter.standing_only, filter.newest_first,
                  filter.outcome ? outcome_name(*filter.outcome) : "",
                  filter.device ? filter.device->text() : "",
                  filter.state ? mismatch_state_names[*filter.state] : "");
  return page_by_id<MismatchDetails>(
      name, page, index,
      [&](std::int64_t stride, const auto& take) {
        return store.walk_mismatches(filter, stride, take);
      },
      [&](std::int64_t after, int limit) {
        return with_details(store, store.list_mismatches(filter, after, limit));
      });
}

ListPage<RejectedReport> rejected_page(Store& store, const RejectedFilter& filter,
                                       const PageRequest& page, PageCursorCache& index) {
  const std::string name =
      fmt::format("rejected\n{}", filter.reason ? rejection_reason_names[*filter.reason] : "");
  return page_by_id<RejectedReport>(
      name, page, index,
      [&](std::int64_t stride, const auto& take) {
        return store.walk_rejected(filter, stride, take);
      },
      [&](std::int64_t before, int limit) { return store.list_rejected(before, limit, filter); });
}

ListPage<Binding> binding_page(Store& store, const Iccid& iccid, const PageRequest& page) {
  require_card(store, iccid);
  ListPage<Binding> result;
  result.rows = store.binding_history(iccid, most_history);
  result.total = static_cast<std::int64_t>(result.rows.size());
  const auto first = std::min(first_row(page), result.total);
  const auto behind = std::min(first + page.size, result.total);
  result.rows = {result.rows.begin() + first, result.rows.begin() + behind};
  return result;
}

CardDetails describe_card(Store& store, const Iccid& iccid) {
  CardDetails details{
      require_card(store, iccid), store.binding_history(iccid, history_size), {}, {}, {}};
  details.mismatches = with_details(store, store.mismatches_about(iccid));
  details.usage = store.usage_samples(iccid, usage_days);
  details.requests = store.platform_requests(iccid, history_size);
  return details;
}

DeviceDetails describe_device(Store& store, const DeviceKey& device) {
  auto row = store.find_device(device);
  if (!row) {
    throw OperationError{
        OperationError::Kind::not_found,
        fmt::format("device {} has neither reported nor been bound yet", device.text())};
  }
  DeviceDetails details{*std::move(row),
                        store.binding_history(device, history_size),
                        with_details(store, store.standing_mismatches(device)),
                        {}};
  if (details.device.binding) details.card = store.find_card(details.device.binding->iccid);
  return details;
}

RejectedReport require_rejected(Store& store, std::int64_t id) {
  if (auto rejected = store.find_rejected(id)) return *std::move(rejected);
  throw OperationError{OperationError::Kind::not_found,
                       fmt::format("there is no rejected report {}", id)};
}

StoreFacts describe_store(Store& store, const Context& context) {
  return {.id = store.id(),
          .schema_version = store.schema_version(),
          .cards = store.count_cards({}),
          .devices = store.count_devices(),
          .bindings = store.count_open_bindings(),
          .open_mismatches = store.count_open_mismatches(),
          .rejected = store.count_rejected(),
          .deferred = store.count_deferred(context.client_id),
          .outbox = store.count_outbox(context.client_id)};
}

}  // namespace iotcard
