// SPDX-License-Identifier: Apache-2.0
#include "operations/listing.h"

#include <fmt/format.h>

#include <iterator>
#include <memory>

#include "base/text.h"
#include "base/utf8.h"
#include "operations/card_operations.h"

namespace iotcard {
namespace {

constexpr int history_size = 50;     // bindings, requests, changes
constexpr int max_history = 10'000;  // bindings, changes

// The lists whose concatenation the query asks for.
std::vector<CardFilter> list_parts(const CardQuery& query, const Context& context) {
  check_search_text(query.filter.text);
  CardFilter filter = query.filter;
  filter.now = context.now;
  filter.soon = context.policy.alerts.expires_within;
  const auto by_date = [&](CardFilter& part) {
    if (part.reason && is_dated(*part.reason) && part.order == CardOrder::iccid)
      part.order = CardOrder::expires_at;
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
                                 PageStart start, std::int64_t limit) {
  std::size_t part = start.at_end ? parts.size() - 1 : 0;
  if (!start.after.empty()) {
    part = static_cast<std::size_t>(start.after[0] - '0');
    start.after.erase(0, 2);
  }
  // The part in which the page begins. From the end, `rows` are those from there on.
  std::int64_t rows = start.at_end ? start.skip + limit : start.skip;
  const std::size_t farthest = start.at_end ? 0 : parts.size() - 1;
  while (rows > 0 && part != farthest) {
    const std::int64_t counted = store.count_cards(parts[part], rows);
    if (counted == rows) break;
    rows -= counted;
    part = start.at_end ? part - 1 : part + 1;
  }
  start.skip = start.at_end ? std::max<std::int64_t>(0, rows - limit) : rows;
  StorePage<StoredCard> page;
  while (part < parts.size() && std::ssize(page.rows) < limit) {
    std::int64_t wanted = limit - std::ssize(page.rows);
    if (start.at_end) wanted = std::min(wanted, rows);
    auto more = store.list_cards(parts[part], start, static_cast<int>(wanted));
    if (start.at_end) limit -= wanted - std::ssize(more.rows);  // so many are before the first row
    std::move(more.rows.begin(), more.rows.end(), std::back_inserter(page.rows));
    start = std::move(more.next_cursor);
    if (start.after.empty()) ++part;
  }
  while (start.after.empty() && part < parts.size() && store.count_cards(parts[part], 1) == 0) {
    ++part;
  }
  if (part < parts.size()) page.next_cursor = std::to_string(part) + ':' + start.after;
  return page;
}

std::int64_t count_parts(ListStore& store, const std::vector<CardFilter>& parts,
                         std::int64_t at_most) {
  std::int64_t rows = 0;
  for (const CardFilter& part : parts) {
    if (rows < at_most) rows += store.count_cards(part, at_most - rows);
  }
  return rows;
}

template <typename Value>
std::int64_t number_of(const std::optional<Value>& value) {
  return value ? static_cast<std::int64_t>(*value) : -1;
}

// "" for none, so that cursors of lists without such values stay as they are.
std::string text_of(const CardValues& values, char kind) {
  if (values.empty()) return {};
  return fmt::format("\x1f{}{}\x1e{}\x1e{}\x1e{}", kind,
                     fmt::join(values.statuses.names(card_status_names), ","),
                     fmt::join(values.platforms, ","), fmt::join(values.operators, "\x1d"),
                     fmt::join(values.reasons.names(abnormal_names), ","));
}

// What is asked for; of times only how long they span, since both move from page to page. The
// separator is in no text of an operator.
std::string text_of(const CardFilter& filter) {
  const bool spans = filter.expires_after && filter.expires_until;
  const std::int64_t span = spans ? (*filter.expires_until - *filter.expires_after).count() : -1;
  return fmt::format(
      "{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}{}{}{}{}",
      static_cast<int>(filter.order), filter.descending, filter.iccid_prefix,
      number_of(filter.status), number_of(filter.platform), number_of(filter.bound),
      filter.operator_name, number_of(filter.reason), filter.used_share_from.value_or(-1),
      filter.expires_until.has_value(), span, filter.text,
      filter.device ? filter.device->text() : "", text_of(filter.any, '+'),
      text_of(filter.none, '-'), filter.refreshed_before ? "\x1fr" : "",
      filter.updated_since ? "\x1fu" : "");
}

// As of a card filter; times move from page to page.
std::string text_of(const DeviceFilter& filter) {
  return fmt::format(
      "{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}",
      static_cast<int>(filter.order), filter.descending, filter.product, number_of(filter.bound),
      filter.number_prefix, filter.iccid_prefix, number_of(filter.silent),
      filter.seen_before.has_value(), filter.seen_after.has_value(), number_of(filter.outcome),
      number_of(filter.leniency), filter.issue, filter.firmware,
      filter.rssi_below.value_or(std::numeric_limits<std::int64_t>::max()), filter.text);
}

// The device that holds the one card that this device has reported.
std::optional<DeviceKey> holder_of_reported(Store& store, const DeviceRow& row) {
  if (row.outcome != outcome_name(Outcome::card_in_use)) return std::nullopt;
  const auto reported = Iccid::from_canonical(row.reported_iccid);
  if (!reported) return std::nullopt;
  const auto cards = store.matching_cards(*reported);
  if (cards.size() != 1 || !cards[0].binding || cards[0].binding->device == row.device) {
    return std::nullopt;
  }
  return cards[0].binding->device;
}

// Rows that were read beforehand, newest first.
template <typename Row>
RowList<Row> history_rows(std::string name, std::vector<Row> rows) {
  const auto history = std::make_shared<const std::vector<Row>>(std::move(rows));
  return {
      .name = std::move(name),
      .filtered = false,
      .read = [history](const PageStart& start, int limit) -> StorePage<Row> {
        // A cursor says how many are left, since new ones come at the beginning.
        const std::int64_t all = std::ssize(*history);
        const std::int64_t left = std::min(parse_integer(start.after).value_or(all), all);
        const auto first = history->end() - std::max<std::int64_t>(0, left - start.skip);
        const auto last = first + std::min<std::int64_t>(limit, history->end() - first);
        return {{first, last}, last == history->end() ? "" : std::to_string(history->end() - last)};
      },
      .count = [history](std::int64_t) { return std::ssize(*history); }};
}

// A removed card is no card, but its change log says what became of it.
StoredCard require_card_or_end(Store& store, const Iccid& iccid) {
  const auto last = store.logged_changes(iccid, 1);
  const bool removed = !last.empty() && last[0].kind == LoggedChange::Kind::removed;
  if (!removed || !store.matching_cards(iccid).empty()) return require_card(store, iccid);
  throw OperationError::not_found(
      fmt::format("there is no card {} in the store: it was removed at {} by {}", iccid.text(),
                  to_rfc3339(last[0].at), last[0].by),
      {ErrorKey::card_not_found, {{"iccid", iccid.text()}}});
}

// Tells cursors of a list from other text. FNV-1a, 32 bits.
std::string check_sum(std::string_view list, std::string_view cursor) {
  std::uint32_t hash = 2166136261;
  for (const std::string_view text : {list, std::string_view{"\n"}, cursor}) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  }
  return fmt::format("{:08x}", hash);
}

}  // namespace

void check_search_text(const std::string& text) {
  if (text.empty()) return;
  const bool plain =
      std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (plain && is_utf8(text) && count_characters(text) >= min_search_characters) return;
  throw OperationError::invalid(
      fmt::format("a text to look for: expected {} characters or more, without control characters",
                  min_search_characters),
      {ErrorKey::invalid_parameter, {{"name", "text"}}});
}

bool set_expiring_within(CardFilter& filter, std::chrono::milliseconds within, Instant now) {
  if (within > std::chrono::years{7000}) return false;
  filter.expires_after = now;
  filter.expires_until = now + within;
  filter.order = CardOrder::expires_at;
  return true;
}

void set_expires_before(CardFilter& filter, Instant time) {
  filter.expires_until = time - Duration{1};
  filter.order = CardOrder::expires_at;
}

void set_used_over(CardFilter& filter, std::int64_t percent) {
  filter.used_share_from = static_cast<double>(percent) / 100;
  filter.order = CardOrder::used_share;
  filter.descending = true;
}

RowList<StoredCard> card_rows(ListStore& store, const Context& context, const CardQuery& query) {
  const std::vector<CardFilter> parts = list_parts(query, context);
  const CardFilter all{.order = query.filter.order, .descending = query.filter.descending};
  return {.name = fmt::format("cards {} {}", parts.size(), text_of(query.filter)),
          .filtered = query.abnormal || query.filter != all,
          .read = [&store, parts](const PageStart& start,
                                  int limit) { return read_parts(store, parts, start, limit); },
          .count = [&store,
                    parts](std::int64_t at_most) { return count_parts(store, parts, at_most); }};
}

std::vector<CardTraits> card_traits(ListStore& store, const Context& context,
                                    const CardQuery& query, int limit) {
  std::vector<CardTraits> all;
  for (const CardFilter& part : list_parts(query, context)) {
    const int left = limit - static_cast<int>(all.size());
    if (left <= 0) break;
    std::vector<CardTraits> more = store.card_traits(part, left);
    std::move(more.begin(), more.end(), std::back_inserter(all));
  }
  return all;
}

std::vector<ListedDevice> devices_numbered(Store& store, const std::string& prefix, int limit) {
  std::vector<ListedDevice> listed;
  for (DeviceRow& row : store.devices_numbered(prefix, limit)) {
    auto holder = holder_of_reported(store, row);
    listed.push_back({std::move(row), std::move(holder)});
  }
  return listed;
}

RowList<ListedDevice> device_rows(Store& store, const DeviceFilter& filter) {
  check_search_text(filter.text);
  const DeviceFilter all{.order = filter.order, .descending = filter.descending};
  return {.name = "devices " + text_of(filter),
          .filtered = filter != all,
          .read =
              [&store, filter](const PageStart& start, int limit) {
                auto page = store.list_devices(filter, start, limit);
                StorePage<ListedDevice> listed{{}, std::move(page.next_cursor), page.is_partial};
                for (DeviceRow& row : page.rows) {
                  auto holder = holder_of_reported(store, row);
                  listed.rows.push_back({std::move(row), std::move(holder)});
                }
                return listed;
              },
          .count = [&store,
                    filter](std::int64_t at_most) { return store.count_devices(filter, at_most); },
          .scanned_total = [&store, filter]() -> std::optional<ListTotal> {
            const auto scanned = store.count_scanned_devices(filter);
            return scanned ? std::optional{ListTotal{scanned->rows, scanned->is_lower_bound}}
                           : std::nullopt;
          }};
}

RowList<RejectedReport> rejected_rows(ListStore& store, const RejectedFilter& filter) {
  RejectedFilter all;
  all.oldest_first = filter.oldest_first;
  return {.name = fmt::format("rejected {}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}", filter.oldest_first,
                              join(filter.reasons.names(rejection_reason_names), ","),
                              filter.before.has_value(), filter.since.has_value(),
                              join(filter.topics, ","), filter.topic_part),
          .filtered = filter != all,
          .read = [&store, filter](const PageStart& start,
                                   int limit) { return store.list_rejected(filter, start, limit); },
          .count = [&store, filter](
                       std::int64_t at_most) { return store.count_rejected(filter, at_most); }};
}

RowList<Binding> binding_rows(Store& store, const Iccid& named) {
  const Iccid iccid = require_card(store, named).card.iccid;
  return history_rows(fmt::format("bindings {}", iccid.text()),
                      store.binding_history(iccid, max_history));
}

RowList<LoggedChange> change_rows(Store& store, const Iccid& named) {
  Iccid iccid = named;
  std::vector<LoggedChange> changes = store.logged_changes(iccid, max_history);
  if (changes.empty()) {
    iccid = require_card(store, named).card.iccid;
    changes = store.logged_changes(iccid, max_history);
  }
  return history_rows(fmt::format("changes {}", iccid.text()), std::move(changes));
}

std::string public_cursor(const std::string& list, const ListTotal& total,
                          const std::string& cursor) {
  const std::string inner =
      fmt::format("{}{}:{}", total.rows, total.is_lower_bound ? "+" : "", cursor);
  std::string text = check_sum(list, inner);
  for (const char c : inner) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

ContinuedList read_cursor(const std::string& list, std::string_view text) {
  std::string inner;
  for (std::size_t i = 8; i + 1 < text.size(); i += 2) {
    inner += static_cast<char>(parse_integer<unsigned char>(text.substr(i, 2), 16).value_or(0));
  }
  const std::size_t colon = inner.find(':');
  if (colon != std::string::npos && colon > 0) {
    const bool is_lower_bound = inner[colon - 1] == '+';
    const auto rows = parse_integer(inner.substr(0, colon - (is_lower_bound ? 1 : 0)));
    ContinuedList continued{{rows.value_or(0), is_lower_bound}, inner.substr(colon + 1)};
    if (rows >= 0 && public_cursor(list, continued.total, continued.cursor) == text) {
      return continued;
    }
  }
  throw OperationError::invalid(
      "cursor: not a cursor of this list; send the nextCursor of the page before, with the same "
      "filters, orderByColumn and isAsc, or leave it out to begin again",
      {ErrorKey::invalid_parameter, {{"name", "cursor"}}});
}

std::optional<PageRange> find_page(const PageRequest& page, const ListTotal& total) {
  const std::int64_t first = page.first_row();
  const std::int64_t reach =
      total.is_lower_bound ? std::min(total.rows, max_skipped_rows) : max_skipped_rows;
  if (first <= reach) return PageRange{PageStart::from_beginning(first), page.size};
  const std::int64_t to_end = total.rows - first;
  if (!total.is_lower_bound && to_end <= 0) return std::nullopt;
  const std::int64_t behind = std::max<std::int64_t>(0, to_end - page.size);
  if (!total.is_lower_bound && behind <= max_skipped_rows) {
    return PageRange{PageStart::from_end(behind),
                     static_cast<int>(std::min<std::int64_t>(page.size, to_end))};
  }
  throw OperationError::invalid(
      fmt::format(
          "pageNum: page {} begins behind row {} of {}{}; pages by number reach {} rows from the "
          "beginning, and from the end if the total is exact. Follow nextCursor, or filter the "
          "list",
          page.number, first, total.is_lower_bound ? "more than " : "", total.rows, reach),
      {ErrorKey::page_too_far, {{"page", page.number}}});
}

CardDetails describe_card(Store& store, const Iccid& named) {
  StoredCard card = require_card_or_end(store, named);
  const Iccid iccid = card.card.iccid;
  return {.card = std::move(card),
          .bindings = store.binding_history(iccid, history_size),
          .mismatches = store.mismatches_about(iccid),
          .usage = store.usage_samples(iccid, usage_days),
          .requests = store.platform_requests(iccid, history_size),
          .changes = store.logged_changes(iccid, history_size)};
}

DeviceDetails describe_device(Store& store, const DeviceKey& device) {
  auto row = store.find_device(device);
  if (!row) {
    throw OperationError::not_found(
        fmt::format("device {} is unknown: it has sent no report that could be read, and has "
                    "never been bound. Rejected reports are listed by topic",
                    device.text()),
        {ErrorKey::device_not_found, {{"device", device.text()}}});
  }
  auto holder = holder_of_reported(store, *row);
  DeviceDetails details{*std::move(row),
                        std::move(holder),
                        store.binding_history(device, history_size),
                        store.standing_mismatches(device),
                        {}};
  if (details.device.binding) details.card = store.find_card(details.device.binding->iccid);
  return details;
}

RejectedReport require_rejected(ListStore& store, std::int64_t id) {
  if (auto rejected = store.find_rejected(id)) return *std::move(rejected);
  throw OperationError::not_found(fmt::format("there is no rejected report {}", id),
                                  {ErrorKey::rejected_not_found, {{"id", id}}});
}

}  // namespace iotcard
