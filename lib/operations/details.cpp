// SPDX-License-Identifier: Apache-2.0
// All there is to show of one thing.
#include <fmt/core.h>

#include "operations/card_change.h"
#include "operations/listing.h"

namespace iotcard {
namespace {

constexpr int history_size = 50;  // bindings

}  // namespace

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
        fmt::format("device {} has neither reported nor been bound yet", device.text()));
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
