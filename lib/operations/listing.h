// SPDX-License-Identifier: Apache-2.0
// listing.h - Reads the store for an operator: lists of any length, page by page so that memory
// stays small and no page is slow, and all there is to say about one thing.
// Throws OperationError (not_found, invalid) and StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "operations/operation.h"
#include "operations/page_cursor_cache.h"

namespace iotcard {

inline constexpr std::int64_t no_limit = 0;

// A mismatch with what stands against it now.
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

// A text to look for that is too short is an OperationError (invalid).
// Sets the filter to cards that expire within so long, the soonest first. False: that is longer
// than dates go.
bool set_expiring_within(CardFilter& filter, std::chrono::milliseconds within, Instant now);

// Each calls `take` for at most `limit` rows, in the order of their key; rejected reports newest
// first. A row that another process adds or removes meanwhile may or may not be seen.
void each_card(Store& store, const Context& context, const CardQuery& query, std::int64_t limit,
               const std::function<void(const StoredCard&)>& take);
void each_device(Store& store, const DeviceFilter& filter, std::int64_t limit,
                 const std::function<void(const DeviceRow&)>& take);
void each_mismatch(Store& store, const MismatchFilter& filter, std::int64_t limit,
                   const std::function<void(const MismatchDetails&)>& take);
void each_rejected(Store& store, const RejectedFilter& filter, std::int64_t limit,
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
// Pages by number, each at the same cost. `index` remembers where pages begin: one for each store.
ListPage<StoredCard> card_page(Store& store, const Context& context, const CardQuery& query,
                               const PageRequest& page, PageCursorCache& index);
ListPage<DeviceRow> device_page(Store& store, const DeviceFilter& filter, const PageRequest& page,
                                PageCursorCache& index);
ListPage<MismatchDetails> mismatch_page(Store& store, const MismatchFilter& filter,
                                        const PageRequest& page, PageCursorCache& index);
ListPage<RejectedReport> rejected_page(Store& store, const RejectedFilter& filter,
                                       const PageRequest& page, PageCursorCache& index);

struct CardDetails {
  StoredCard card;
  std::vector<Binding> bindings;            // newest first, the open one among them
  std::vector<MismatchDetails> mismatches;  // that stand and name this card or its device
  std::vector<UsageSample> usage;           // newest first
  std::vector<PlatformRequest> requests;    // what operators wanted of its platform; newest first
};
struct DeviceDetails {
  DeviceRow device;
  std::vector<Binding> bindings;            // newest first
  std::vector<MismatchDetails> mismatches;  // that stand
  std::optional<StoredCard> card;           // that it is bound to, while the store has it
};
struct StoreFacts {
  std::string id;
  int schema_version = 0;
  std::int64_t cards = 0;
  std::int64_t devices = 0;
  std::int64_t bindings = 0;         // open
  std::int64_t open_mismatches = 0;  // not the dismissed ones
  std::int64_t rejected = 0;
  std::int64_t deferred = 0;  // reports that wait behind those of other devices
  std::int64_t outbox = 0;    // events that wait for the broker
};

// The bindings of a card, newest first.
ListPage<Binding> binding_page(Store& store, const Iccid& iccid, const PageRequest& page);

MismatchDetails describe_mismatch(Store& store, Mismatch mismatch);
CardDetails describe_card(Store& store, const Iccid& iccid);
DeviceDetails describe_device(Store& store, const DeviceKey& device);
RejectedReport require_rejected(Store& store, std::int64_t id);
StoreFacts describe_store(Store& store, const Context& context);

}  // namespace iotcard
