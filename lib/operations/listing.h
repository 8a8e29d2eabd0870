// SPDX-License-Identifier: Apache-2.0
// listing.h - Reads the store for an operator: lists of any length, pages of lists, and the details
// of one thing. Changes nothing. Throws OperationError (not_found, invalid) and StoreError. On the
// store's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "operations/operation.h"
#include "operations/page_cursor_cache.h"

namespace iotcard {

inline constexpr std::int64_t no_limit = 0;

// A mismatch with what contradicts the report now.
struct MismatchDetails {
  Mismatch mismatch;
  std::optional<Iccid> bound;       // card of the device's open binding
  std::optional<DeviceKey> holder;  // device that the reported card is bound to
};

// What a list of cards can be sorted by, as an operator names it.
inline constexpr auto card_order_names = make_name_table<CardOrder>(
    "iccid", "status", "platform", "operator", "expires_at", "used_bytes", "used_share");

struct CardQuery {
  CardFilter filter{};
  // Only cards that are abnormal, those with the worst reason first; within one reason in the
  // filter's order, or by the date if that is the reason and no other order is asked for.
  bool abnormal = false;
};

// Only cards that expire within this time, the soonest first. False: the time is beyond all dates.
bool set_expiring_within(CardFilter& filter, std::chrono::milliseconds within, Instant now);
// Only cards that have used at least so much of their limit, the highest share first.
void set_used_over(CardFilter& filter, std::int64_t percent);

// The lists whose concatenation the query asks for: abnormal cards are one list for each reason, of
// the cards that have no worse one. Throws OperationError (invalid) if the text is too short.
std::vector<CardFilter> list_parts(const CardQuery& query, const Context& context);

// Each calls `take` for at most `limit` rows, in the order of their key; rejected reports newest
// first. A row that another process adds or removes meanwhile may be listed or not.
void each_card(ListStore& store, const Context& context, const CardQuery& query, std::int64_t limit,
               const std::function<void(const StoredCard&)>& take);
void each_device(ListStore& store, const DeviceFilter& filter, std::int64_t limit,
                 const std::function<void(const DeviceRow&)>& take);
void each_mismatch(Store& store, const MismatchFilter& filter, std::int64_t limit,
                   const std::function<void(const MismatchDetails&)>& take);
void each_rejected(ListStore& store, const RejectedFilter& filter, std::int64_t limit,
                   const std::function<void(const RejectedReport&)>& take);

// The number of a page, from 1, and how many rows it has.
struct PageRequest {
  std::int64_t number = 1;
  int size = 10;
};
template <typename Row>
struct ListPage {
  std::int64_t total = 0;  // rows of the whole list
  std::vector<Row> rows;   // none behind the end
};
// Pages by number, each at the same cost. There is one `cursors` for each store.
ListPage<StoredCard> card_page(ListStore& store, const Context& context, const CardQuery& query,
                               const PageRequest& page, PageCursorCache& cursors);
ListPage<DeviceRow> device_page(ListStore& store, const DeviceFilter& filter,
                                const PageRequest& page, PageCursorCache& cursors);
ListPage<MismatchDetails> mismatch_page(Store& store, const MismatchFilter& filter,
                                        const PageRequest& page, PageCursorCache& cursors);
ListPage<RejectedReport> rejected_page(ListStore& store, const RejectedFilter& filter,
                                       const PageRequest& page, PageCursorCache& cursors);

struct CardDetails {
  StoredCard card;
  std::vector<Binding> bindings;            // newest first, the open one among them
  std::vector<MismatchDetails> mismatches;  // standing ones that name this card or its device
  std::vector<UsageSample> usage;           // newest first
  std::vector<PlatformRequest> requests;    // to its platform; newest first
};
struct DeviceDetails {
  DeviceRow device;
  std::vector<Binding> bindings;            // newest first
  std::vector<MismatchDetails> mismatches;  // the standing ones
  std::optional<StoredCard> card;           // the device's; absent if the store does not have it
};
struct StoreFacts {
  std::string id;
  int schema_version = 0;
  std::int64_t cards = 0;
  std::int64_t devices = 0;
  std::int64_t bindings = 0;         // open
  std::int64_t open_mismatches = 0;  // not the dismissed ones
  std::int64_t rejected = 0;
  std::int64_t deferred = 0;  // reports
  std::int64_t outbox = 0;    // events
};

// The bindings of a card, newest first.
ListPage<Binding> binding_page(Store& store, const Iccid& iccid, const PageRequest& page);

MismatchDetails describe_mismatch(Store& store, Mismatch mismatch);
std::vector<MismatchDetails> describe_mismatches(Store& store, std::vector<Mismatch> mismatches);
CardDetails describe_card(Store& store, const Iccid& iccid);
DeviceDetails describe_device(Store& store, const DeviceKey& device);
RejectedReport require_rejected(ListStore& store, std::int64_t id);
StoreFacts describe_store(Store& store, const Context& context);

}  // namespace iotcard
