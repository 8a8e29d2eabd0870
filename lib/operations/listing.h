// SPDX-License-Identifier: Apache-2.0
// listing.h - Reads the store for an operator: lists of any length, page by page so that memory
// stays small and no page is slow, and all there is to say about one thing.
// Throws OperationError (not_found) and StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

inline constexpr std::int64_t no_limit = 0;

struct CardQuery {
  CardFilter filter;
  bool abnormal_only = false;
};

// Each calls `take` for at most `limit` rows, in the order of their key; rejected reports newest
// first. A row that another process adds or removes meanwhile may or may not be seen.
void each_card(Store& store, const Context& context, const CardQuery& query, std::int64_t limit,
               const std::function<void(const KnownCard&)>& take);
void each_device(Store& store, const DeviceFilter& filter, std::int64_t limit,
                 const std::function<void(const DeviceRow&)>& take);
void each_mismatch(Store& store, const MismatchFilter& filter, std::int64_t limit,
                   const std::function<void(const Mismatch&)>& take);
void each_rejected(Store& store, std::int64_t limit,
                   const std::function<void(const RejectedReport&)>& take);

struct CardDetails {
  KnownCard card;
  std::vector<Binding> bindings;     // newest first, the open one among them
  std::vector<Mismatch> mismatches;  // that stand and name this card or its device
};
struct DeviceDetails {
  DeviceRow device;
  std::vector<Binding> bindings;     // newest first
  std::vector<Mismatch> mismatches;  // that stand
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

CardDetails describe_card(Store& store, const Iccid& iccid);
DeviceDetails describe_device(Store& store, const DeviceKey& device);
RejectedReport require_rejected(Store& store, std::int64_t id);
StoreFacts describe_store(Store& store, const Context& context);

}  // namespace iotcard
