// SPDX-License-Identifier: Apache-2.0
#include "operations/listing.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace iotcard {
namespace {

constexpr int page_size = 500;    // rows
constexpr int history_size = 50;  // bindings

// `read(size)` returns the next page; `take(row)` says whether the row counts. Where rows are
// sifted, each page is a full one.
template <typename Read, typename Take>
void each_row(std::int64_t limit, bool sifted, const Read& read, const Take& take) {
  std::int64_t left = limit == no_limit ? std::numeric_limits<std::int64_t>::max() : limit;
  while (left > 0) {
    const int size = sifted ? page_size : static_cast<int>(std::min<std::int64_t>(page_size, left));
    const auto page = read(size);
    for (const auto& row : page) {
      if (take(row) && --left == 0) return;
    }
    if (page.size() < static_cast<std::size_t>(size)) return;
  }
}

}  // namespace

void each_card(Store& store, const Context& context, const CardQuery& query, std::int64_t limit,
               const std::function<void(const KnownCard&)>& take) {
  std::string after;
  each_row(
      limit, query.abnormal_only,
      [&](int size) {
        auto page = store.list_cards(query.filter, after, size);
        if (!page.empty()) after = page.back().card.iccid.text();
        return page;
      },
      [&](const KnownCard& card) {
        if (query.abnormal_only &&
            abnormal_reasons(card.card, context.policy.alerts, context.now).empty()) {
          return false;
        }
        take(card);
        return true;
      });
}

void each_device(Store& store, const DeviceFilter& filter, std::int64_t limit,
                 const std::function<void(const DeviceRow&)>& take) {
  std::optional<DeviceKey> after;
  each_row(
      limit, false,
      [&](int size) {
        auto page = store.list_devices(filter, after, size);
        if (!page.empty()) after = page.back().device;
        return page;
      },
      [&](const DeviceRow& device) {
        take(device);
        return true;
      });
}

void each_mismatch(Store& store, const MismatchFilter& filter, std::int64_t limit,
                   const std::function<void(const Mismatch&)>& take) {
  std::int64_t after = 0;
  each_row(
      limit, false,
      [&](int size) {
        auto page = store.list_mismatches(filter, after, size);
        if (!page.empty()) after = page.back().id;
        return page;
      },
      [&](const Mismatch& mismatch) {
        take(mismatch);
        return true;
      });
}

void each_rejected(Store& store, std::int64_t limit,
                   const std::function<void(const RejectedReport&)>& take) {
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  each_row(
      limit, false,
      [&](int size) {
        auto page = store.list_rejected(before, size);
        if (!page.empty()) before = page.back().id;
        return page;
      },
      [&](const RejectedReport& rejected) {
        take(rejected);
        return true;
      });
}

CardDetails describe_card(Store& store, const Iccid& iccid) {
  CardDetails details{require_card(store, iccid), store.binding_history(iccid, history_size), {}};
  details.mismatches = store.mismatches_about(iccid);
  return details;
}

DeviceDetails describe_device(Store& store, const DeviceKey& device) {
  auto row = store.find_device(device);
  if (!row) {
    throw OperationError{
        OperationError::Kind::not_found,
        fmt::format("device {} has neither reported nor been bound yet", device.text())};
  }
  return {*std::move(row), store.binding_history(device, history_size),
          store.standing_mismatches(device)};
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
