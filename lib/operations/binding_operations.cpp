// SPDX-License-Identifier: Apache-2.0
#include "operations/binding_operations.h"

#include <fmt/core.h>

namespace iotcard {
namespace {

void refuse_if_taken(const DeviceKey& device, const StoredCard& card,
                     const std::optional<Binding>& device_binding) {
  const auto& taken = card.binding ? card.binding : device_binding;
  if (!taken) return;
  const std::string what =
      card.binding
          ? fmt::format("card {} is bound to device {}", taken->iccid.text(), taken->device.text())
          : fmt::format("device {} is bound to card {}", device.text(), taken->iccid.text());
  throw OperationError::conflict(
      what + "; unbind it first, or force",
      {card.binding ? ErrorKey::card_bound : ErrorKey::device_bound,
       {{"iccid", taken->iccid.text()}, {"device", taken->device.text()}}});
}

// Commits.
Binding unbind(Store& store, Transaction& transaction, const Context& context,
               const Binding& binding) {
  apply_change(store, context, release(binding, context.by, context.now));
  reevaluate(store, context, {{binding.device}, {binding.iccid}});
  transaction.commit();
  return ended_binding(binding, context);
}

}  // namespace

std::vector<Binding> bindings_in_the_way(const DeviceKey& device, const StoredCard& card,
                                         const std::optional<Binding>& device_binding) {
  std::vector<Binding> found;
  if (card.binding) found.push_back(*card.binding);
  if (device_binding && (!card.binding || device != card.binding->device)) {
    found.push_back(*device_binding);
  }
  return found;
}

Binding ended_binding(Binding binding, const Context& context) {
  binding.until = context.now;
  binding.ended_by = context.by;
  return binding;
}

std::vector<Binding> bind_over(Store& store, const Context& context, const DeviceKey& device,
                               const StoredCard& card, Affected& touched) {
  const std::optional<Binding> device_binding = store.binding_of(device);
  apply_change(
      store, context,
      iotcard::bind(device, card, device_binding, context.policy.alerts, context.by, context.now));
  std::vector<Binding> released = bindings_in_the_way(device, card, device_binding);
  for (Binding& binding : released) binding = ended_binding(std::move(binding), context);
  touched.devices.push_back(device);
  touched.cards.push_back(card.card.iccid);
  for (const Binding& binding : released) {
    touched.devices.push_back(binding.device);
    touched.cards.push_back(binding.iccid);
  }
  return released;
}

BindResult bind_card(Store& store, const Context& context, const DeviceKey& device,
                     const Iccid& iccid, bool force) {
  Transaction transaction{store};
  StoredCard card = require_card(store, iccid);
  card.match = Match::exact;  // by hand: no report has spelled it
  if (card.binding && card.binding->device == device) return {*card.binding, false, {}};
  if (!force) refuse_if_taken(device, card, store.binding_of(device));
  Affected touched;
  std::vector<Binding> released = bind_over(store, context, device, card, touched);
  Binding binding = store.binding_of(device).value();
  reevaluate(store, context, touched);
  transaction.commit();
  return {std::move(binding), true, std::move(released)};
}

Binding unbind_device(Store& store, const Context& context, const DeviceKey& device) {
  Transaction transaction{store};
  const auto binding = store.binding_of(device);
  if (!binding) {
    throw OperationError::not_found(fmt::format("device {} is not bound to a card", device.text()),
                                    {ErrorKey::device_not_bound, {{"device", device.text()}}});
  }
  return unbind(store, transaction, context, *binding);
}

Binding unbind_card(Store& store, const Context& context, const Iccid& iccid) {
  Transaction transaction{store};
  const StoredCard card = require_card(store, iccid);
  if (!card.binding) {
    throw OperationError::not_found(
        fmt::format("{} is not bound to a device", named_card(card.card.iccid, iccid)),
        {ErrorKey::card_not_bound, {{"iccid", card.card.iccid.text()}}});
  }
  return unbind(store, transaction, context, *card.binding);
}

}  // namespace iotcard
