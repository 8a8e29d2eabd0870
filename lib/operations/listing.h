// SPDX-License-Identifier: Apache-2.0
// listing.h - Reads the store for an operator: lists of any length, pages of lists, and the details
// of one thing. Changes nothing. Throws OperationError (not_found, invalid) and StoreError. On the
// store's thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

inline constexpr std::int64_t no_limit = 0;

// "card_in_use" of mismatch.card_in_use.
std::string_view short_name(Outcome outcome);
// By its whole or its short name.
std::optional<Outcome> mismatch_named(std::string_view name);
// Names with commas between them. Throw OperationError (invalid) that names those there are.
EnumSet<Outcome> mismatch_kinds_from(std::string_view names);
EnumSet<MismatchState> mismatch_states_from(std::string_view names);

// What lists can be sorted by, as an operator names it.
inline constexpr auto device_order_names =
    make_name_table<DeviceOrder>("device", "seen_day", "iccid");
inline constexpr auto card_order_names = make_name_table<CardOrder>(
    "iccid", "status", "platform", "operator", "expires_at", "used_bytes", "used_share");
inline constexpr auto mismatch_order_names =
    make_name_table<MismatchOrder>("id", "first_seen", "last_seen", "count");

// Throws OperationError (invalid) for a text that is too short; "" is none.
void check_search_text(const std::string& text);

struct CardQuery {
  CardFilter filter{};
  // Only cards that are abnormal, those with the worst reason first; within one reason in the
  // filter's order, or by the date if that is the reason and no other order is asked for.
  bool abnormal = false;

  // Whether it leaves out any cards.
  bool filters() const { return abnormal || !(filter == CardFilter{}); }
};

// Only cards that expire within this time, the soonest first. False: the time is beyond all dates.
bool set_expiring_within(CardFilter& filter, std::chrono::milliseconds within, Instant now);
// Only cards that expire before this time, or have, the soonest first.
void set_expires_before(CardFilter& filter, Instant time);
// Only cards that have used at least so much of their limit, the highest share first.
void set_used_over(CardFilter& filter, std::int64_t percent);

struct ListTotal {
  std::int64_t rows = 0;        // of the whole list
  bool is_lower_bound = false;  // there are more
};

// Mismatches of one state, kind and suspect. Counted up to max_group_count.
struct MismatchCount {
  MismatchGroup group;
  std::int64_t rows = 0;
  bool is_lower_bound = false;
};
inline constexpr std::int64_t max_group_count = 10'000;
// Of all groups that have any.
std::vector<MismatchCount> count_mismatch_groups(ListStore& store);

// A list for an operator. A row that another process adds or removes meanwhile may be in it or not.
// Uses the store that it was made with.
template <typename Row>
struct RowList {
  // With its order and filters: a cursor of a list continues lists of the same name.
  std::string name;
  bool filtered;
  std::function<StorePage<Row>(const PageStart& start, int limit)> read;
  std::function<std::int64_t(std::int64_t at_most)> count;
  // nullopt: `count` has it. Of a list that tests its rows: among those that are looked at.
  std::function<std::optional<ListTotal>()> scanned_total = [] {
    return std::optional<ListTotal>{};
  };
};
// Abnormal cards are one list for each reason, of the cards that have no worse one. Throws
// OperationError (invalid) if the text to look for is too short.
RowList<StoredCard> card_rows(ListStore& store, const Context& context, const CardQuery& query);
// Of at most `limit` cards of that list, in any order.
std::vector<CardTraits> card_traits(ListStore& store, const Context& context,
                                    const CardQuery& query, int limit);
// A device, and the device that holds the card in its last report, if that is another one.
struct ListedDevice {
  DeviceRow row;
  std::optional<DeviceKey> holder;
};
// Throws OperationError (invalid) if the text to look for is too short.
RowList<ListedDevice> device_rows(Store& store, const DeviceFilter& filter);
// At most `limit` devices of any product whose number begins like this.
std::vector<ListedDevice> devices_numbered(Store& store, const std::string& prefix, int limit);
// Throws OperationError (invalid) for an order that a list of standing and ended ones does not
// have.
RowList<Mismatch> mismatch_rows(ListStore& store, const MismatchFilter& filter);
RowList<RejectedReport> rejected_rows(ListStore& store, const RejectedFilter& filter);
// The bindings of a card, newest first. A card is found as require_card() says, here and below.
RowList<Binding> binding_rows(Store& store, const Iccid& named);
// The change log of a card, newest first; also of one that was removed.
RowList<LoggedChange> change_rows(Store& store, const Iccid& named);

// Calls `take` for at most `limit` rows.
template <typename Row, typename Take>
void each_row(const RowList<Row>& list, std::int64_t limit, const Take& take) {
  constexpr std::int64_t read_at_once = 500;
  std::int64_t left = limit == no_limit ? std::numeric_limits<std::int64_t>::max() : limit;
  std::string cursor;
  do {
    const auto page = list.read(cursor, static_cast<int>(std::min(read_at_once, left)));
    for (const Row& row : page.rows) take(row);
    left -= std::ssize(page.rows);
    cursor = page.next_cursor;
  } while (left > 0 && !cursor.empty());
}

// A page is asked for by its number, from 1, or by the cursor of the page before it.
struct PageRequest {
  std::int64_t number = 1;
  std::optional<std::string> cursor{};
  int size = 10;
  std::int64_t first_row() const { return (number - 1) * size; }
};
// A page by its number is read by skipping rows, at most so many.
inline constexpr std::int64_t max_skipped_rows = 10'000;
// The rows of a filtered list are counted up to this number.
inline constexpr std::int64_t max_filtered_total = 100'000;

template <typename Row>
struct ListPage {
  ListTotal total{};
  std::vector<Row> rows{};    // none behind the end
  std::string next_cursor{};  // for PageRequest; "" if this page is the last
  bool is_partial = false;    // more rows may follow, although it has fewer than were asked for
};
struct PageRange {
  PageStart start;
  int limit;
};
// Where a page is that is asked for by its number; nullopt: behind the end. Throws OperationError
// (invalid) for a page that is too far from both ends.
std::optional<PageRange> find_page(const PageRequest& page, const ListTotal& total);

// The cursor of a store as text for PageRequest. It carries the total, so that rows are counted
// once for all pages.
std::string public_cursor(const std::string& list, const ListTotal& total,
                          const std::string& cursor);
struct ContinuedList {
  ListTotal total;
  std::string cursor;
};
// Throws OperationError (invalid) for a cursor that is not of the list of this name.
ContinuedList read_cursor(const std::string& list, std::string_view text);

template <typename Row>
ListTotal total_of(const RowList<Row>& list) {
  if (const auto scanned = list.scanned_total()) return *scanned;
  const std::int64_t rows = list.count(list.filtered ? max_filtered_total + 1 : count_all);
  if (list.filtered && rows > max_filtered_total) return {max_filtered_total, true};
  return {rows, false};
}

// Throws as read_cursor() and find_page().
template <typename Row>
ListPage<Row> page_of(const RowList<Row>& list, const PageRequest& request) {
  ListPage<Row> page;
  std::optional<PageRange> range;
  if (request.cursor) {
    ContinuedList continued = read_cursor(list.name, *request.cursor);
    page.total = continued.total;
    range = PageRange{std::move(continued.cursor), request.size};
  } else {
    page.total = total_of(list);
    range = find_page(request, page.total);
  }
  if (!range) return page;
  StorePage<Row> read = list.read(range->start, range->limit);
  page.rows = std::move(read.rows);
  page.is_partial = read.is_partial;
  if (!read.next_cursor.empty()) {
    page.next_cursor = public_cursor(list.name, page.total, read.next_cursor);
  }
  return page;
}

struct CardDetails {
  StoredCard card;
  std::vector<Binding> bindings;          // newest first, the open one among them
  std::vector<Mismatch> mismatches;       // standing ones that name this card or its device
  std::vector<UsageSample> usage;         // newest first
  std::vector<PlatformRequest> requests;  // to its platform; newest first
  std::vector<LoggedChange> changes;      // newest first
};
struct DeviceDetails {
  DeviceRow device;
  std::optional<DeviceKey> holder;   // as in ListedDevice
  std::vector<Binding> bindings;     // newest first
  std::vector<Mismatch> mismatches;  // the standing ones
  std::optional<StoredCard> card;    // the device's; absent if the store does not have it
};

CardDetails describe_card(Store& store, const Iccid& named);
DeviceDetails describe_device(Store& store, const DeviceKey& device);
RejectedReport require_rejected(ListStore& store, std::int64_t id);

}  // namespace iotcard
