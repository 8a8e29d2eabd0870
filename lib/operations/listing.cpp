// SPDX-License-Identifier: Apache-2.0
#include "operations/listing.h"

#include <fmt/core.h>

#include <iterator>

#include "base/utf8.h"
#include "operations/card_operations.h"

namespace iotcard {
namespace {

constexpr int history_size = 50;     // bindings
constexpr int max_history = 10'000;  // bindings

void check_text(const std::string& text) {
  if (text.empty()) return;
  const bool plain =
      std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (plain && is_utf8(text) && count_characters(text) >= min_search_characters) return;
  throw OperationError::invalid(
      fmt::format("a text to look for: expected {} characters or more, without control characters",
                  min_search_characters));
}

// The lists whose concatenation the query asks for.
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

// The cursor is "<number of the part>:<cursor in it>".
StorePage<StoredCard> read_parts(ListStore& store, const std::vector<CardFilter>& parts,
                                 const std::string& cursor, std::size_t limit) {
  std::size_t part = cursor.empty() ? 0 : static_cast<std::size_t>(cursor[0] - '0');
  std::string after = cursor.empty() ? "" : cursor.substr(2);
  StorePage<StoredCard> page;
  while (part < parts.size() && page.rows.size() < limit) {
    auto more = store.list_cards(parts[part], after, static_cast<int>(limit - page.rows.size()));
    std::move(more.rows.begin(), more.rows.end(), std::back_inserter(page.rows));
    after = std::move(more.next_cursor);
    if (after.empty()) ++part;
  }
  if (part < parts.size()) page.next_cursor = std::to_string(part) + ':' + after;
  return page;
}

std::int64_t scan_parts(ListStore& store, const std::vector<CardFilter>& parts, std::int64_t stride,
                        const PageCursorCache::TakeCursor& take) {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    total += store.scan_cards(parts[i], stride, total, [&](const std::string& cursor) {
      take(std::to_string(i) + ':' + cursor);
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

std::string_view short_name(Outcome outcome) {
  const std::string_view name = outcome_name(outcome);
  return name.substr(name.find('.') + 1);
}

std::optional<Outcome> mismatch_named(std::string_view name) {
  for (const Outcome outcome : mismatch_outcomes) {
    if (name == outcome_name(outcome) || name == short_name(outcome)) return outcome;
  }
  return std::nullopt;
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

RowList<StoredCard> card_rows(ListStore& store, const Context& context, const CardQuery& query) {
  const std::vector<CardFilter> parts = list_parts(query, context);
  return {name_of(query),
          [&store, parts](const std::string& after, int limit) {
            return read_parts(store, parts, after, static_cast<std::size_t>(limit));
          },
          [&store, parts](std::int64_t stride, const PageCursorCache::TakeCursor& take) {
            return scan_parts(store, parts, stride, take);
          }};
}

RowList<DeviceRow> device_rows(ListStore& store, const DeviceFilter& filter) {
  const std::string bound = filter.bound ? (*filter.bound ? "bound" : "free") : "";
  return {fmt::format("devices\n{}\n{}\n{}", filter.product, filter.number_prefix, bound),
          [&store, filter](const std::string& after, int limit) {
            return store.list_devices(filter, after, limit);
          },
          [&store, filter](std::int64_t stride, const auto& take) {
            return store.scan_devices(filter, stride, take);
          }};
}

RowList<MismatchDetails> mismatch_rows(Store& store, const MismatchFilter& filter) {
  return {fmt::format("mismatches\n{}\n{}\n{}\n{}\n{}", filter.standing_only, filter.newest_first,
                      filter.outcome ? outcome_name(*filter.outcome) : "",
                      filter.device ? filter.device->text() : "",
                      filter.state ? mismatch_state_names[*filter.state] : ""),
          [&store, filter](const std::string& after, int limit) -> StorePage<MismatchDetails> {
            auto page = store.list_mismatches(filter, after, limit);
            return {describe_mismatches(store, std::move(page.rows)), std::move(page.next_cursor)};
          },
          [&store, filter](std::int64_t stride, const auto& take) {
            return store.scan_mismatches(filter, stride, take);
          }};
}

RowList<RejectedReport> rejected_rows(ListStore& store, const RejectedFilter& filter) {
  return {
      fmt::format("rejected\n{}\n{}", filter.reason ? rejection_reason_names[*filter.reason] : "",
                  filter.oldest_first),
      [&store, filter](const std::string& after, int limit) {
        return store.list_rejected(filter, after, limit);
      },
      [&store, filter](std::int64_t stride, const auto& take) {
        return store.scan_rejected(filter, stride, take);
      }};
}

ListPage<Binding> binding_page(Store& store, const Iccid& iccid, const PageRequest& page) {
  require_card(store, iccid);
  ListPage<Binding> result;
  result.rows = store.binding_history(iccid, max_history);
  result.total = static_cast<std::int64_t>(result.rows.size());
  const auto first = std::min(page.first_row(), result.total);
  const auto behind = std::min(first + page.size, result.total);
  result.rows = {result.rows.begin() + first, result.rows.begin() + behind};
  return result;
}

MismatchDetails describe_mismatch(Store& store, Mismatch mismatch) {
  MismatchDetails details{std::move(mismatch), {}, {}};
  if (auto binding = store.binding_of(details.mismatch.device)) details.bound = binding->iccid;
  const auto reported = Iccid::from_canonical(details.mismatch.reported);
  if (!reported) return details;
  const auto cards = store.matching_cards(*reported);
  const std::optional<Binding> held = cards.size() == 1 ? cards[0].binding : std::nullopt;
  if (held && held->device != details.mismatch.device) details.holder = held->device;
  return details;
}

std::vector<MismatchDetails> describe_mismatches(Store& store, std::vector<Mismatch> mismatches) {
  std::vector<MismatchDetails> described;
  for (Mismatch& mismatch : mismatches) {
    described.push_back(describe_mismatch(store, std::move(mismatch)));
  }
  return described;
}

CardDetails describe_card(Store& store, const Iccid& iccid) {
  CardDetails details{
      require_card(store, iccid), store.binding_history(iccid, history_size), {}, {}, {}};
  details.mismatches = describe_mismatches(store, store.mismatches_about(iccid));
  details.usage = store.usage_samples(iccid, usage_days);
  details.requests = store.platform_requests(iccid, history_size);
  return details;
}

DeviceDetails describe_device(Store& store, const DeviceKey& device) {
  auto row = store.find_device(device);
  if (!row) {
    throw OperationError::not_found(
        fmt::format("device {} is unknown: it has sent no report that could be read, and has "
                    "never been bound. Rejected reports are listed by topic",
                    device.text()));
  }
  DeviceDetails details{*std::move(row),
                        store.binding_history(device, history_size),
                        describe_mismatches(store, store.standing_mismatches(device)),
                        {}};
  if (details.device.binding) details.card = store.find_card(details.device.binding->iccid);
  return details;
}

RejectedReport require_rejected(ListStore& store, std::int64_t id) {
  if (auto rejected = store.find_rejected(id)) return *std::move(rejected);
  throw OperationError::not_found(fmt::format("there is no rejected report {}", id));
}

}  // namespace iotcard
