// SPDX-License-Identifier: Apache-2.0
#include "store/stored_decision.h"

#include <algorithm>

namespace iotcard {
namespace {

constexpr Instant any_age = Instant::min();

// Whether and when this device reported the card before, with a binding or a mismatch as the
// result.
void look_for_earlier_reports(const UnitOfWork& work, ReportStore& store, const DeviceKey& device,
                              const CardState& card, DecisionInputs& inputs) {
  std::optional<Instant> first = store.first_bound(device, card.iccid);
  if (const auto begun = work.first_bound(device, card.iccid)) {
    first = std::min(first.value_or(*begun), *begun);
  }
  inputs.held_before = first.has_value();
  for (const Mismatch& mismatch : inputs.standing) {
    const auto reported = Iccid::from_canonical(mismatch.reported);
    if (!reported || !match(*reported, card.iccid)) continue;
    first = std::min(first.value_or(mismatch.first_seen), mismatch.first_seen);
  }
  inputs.first_reported = first;
}

DecisionInputs read_inputs(const UnitOfWork& work, ReportStore& store, const DeviceKey& device,
                           const DeviceReport& report) {
  DecisionInputs inputs = work.inputs(device, report.iccid.iccid);
  if (!report.iccid.iccid) return inputs;
  const bool exact = !inputs.cards.empty() && inputs.cards[0].match == Match::exact;
  if (!exact && looks_rounded(*report.iccid.iccid)) {
    inputs.rounding_candidates =
        store.find_cards_between(rounding_range(*report.iccid.iccid), int{max_candidates});
  }
  if (inputs.cards.size() == 1) {
    const MatchedCard& card = inputs.cards[0];
    const bool held_by_another = card.binding && card.binding->device != device;
    if (held_by_another) {
      look_for_earlier_reports(work, store, device, card.card, inputs);
    }
  }
  return inputs;
}

// The bindings of a late report of `at`: of device and card that are free now, those that they had.
void look_back(const UnitOfWork& work, ReportStore& store, const DeviceKey& device, Instant at,
               DecisionInputs& inputs) {
  const bool one_card = inputs.cards.size() == 1;
  const auto iccid = one_card ? std::optional{inputs.cards[0].card.iccid} : std::nullopt;
  const Past batch = work.past(device, iccid);
  const Past stored = store.past(device, iccid);
  const auto last = [&](const std::optional<Binding>& newer, const std::optional<Binding>& older) {
    const auto& found = newer ? newer : older;
    return found && *found->until > at ? found : std::nullopt;
  };
  if (!inputs.device_binding) inputs.device_binding = last(batch.of_device, stored.of_device);
  // Of a report of any age it is not known whether it met another device's binding.
  const auto& own = inputs.device_binding;
  const bool own_card = own && one_card && own->iccid == *iccid;
  if (one_card && !inputs.cards[0].binding) {
    inputs.cards[0].binding =
        at == any_age ? (own_card ? own : std::nullopt) : last(batch.of_card, stored.of_card);
  }
  const auto outcome = batch.outcome ? batch.outcome : stored.outcome;
  inputs.newest_names_card =
      outcome && *outcome != Outcome::no_card && *outcome != Outcome::iccid_invalid;
}

// The device whose binding or mismatch is written; null: a card's own state.
const DeviceKey* device_of(const Write& write) {
  struct Find {
    const DeviceKey* operator()(const CreateBinding& create) { return &create.device; }
    const DeviceKey* operator()(const ConfirmBinding& confirm) { return &confirm.device; }
    const DeviceKey* operator()(const EndBinding& end) { return &end.device; }
    const DeviceKey* operator()(const RaiseMismatch& raise) { return &raise.mismatch.device; }
    const DeviceKey* operator()(const RepeatMismatch& repeat) { return &repeat.mismatch.device; }
    const DeviceKey* operator()(const EndMismatch& end) { return &end.mismatch.device; }
    const DeviceKey* operator()(const SetAbnormal&) { return nullptr; }
  };
  return std::visit(Find{}, write);
}

ReportKeys keys_of(std::span<const Write> writes) {
  ReportKeys keys;
  for (const Write& write : writes) {
    if (const DeviceKey* device = device_of(write)) keys.devices.push_back(*device);
    // It may be locked to the IMEI of another device.
    if (const auto* create = std::get_if<CreateBinding>(&write))
      keys.iccids.push_back(create->iccid);
  }
  keys.sort();
  return keys;
}

void apply(UnitOfWork& work, EventKinds mute, std::span<const Write> writes,
           std::span<const Event> events) {
  for (const Write& write : writes) work.apply(write);
  for (const Event& event : events) {
    if (!mute.has(event.kind)) work.publish(event);
  }
}

}  // namespace

DecisionInputs inputs_within(const UnitOfWork& work, ReportStore& store, const DeviceKey& device,
                             const DeviceReport& report, const ReportTime& time) {
  DecisionInputs inputs = read_inputs(work, store, device, report);
  if (is_late(inputs, time.arrival, time.now)) {
    // A retained report may be of any age.
    const Instant at = time.arrival.retained ? any_age : time.arrival.at;
    look_back(work, store, device, at, inputs);
  }
  return inputs;
}

DecisionInputs load_inputs(ReportStore& store, const DeviceKey& device,
                           const DeviceReport& report) {
  ReportKeys keys{{device}, {}};
  if (report.iccid.iccid) keys.iccids.push_back(*report.iccid.iccid);
  DecisionInputs inputs = read_inputs(UnitOfWork{store.read(keys)}, store, device, report);
  inputs.last_seen.reset();
  inputs.heard_live = false;
  return inputs;
}

void apply_change(ReportStore& store, const std::string& client_id, EventKinds mute,
                  std::span<const Write> writes, std::span<const Event> events) {
  UnitOfWork work{store.read(keys_of(writes))};
  apply(work, mute, writes, events);
  store.write(client_id, work.take());
}

void apply_decision(ReportStore& store, const std::string& client_id, EventKinds mute,
                    const DeviceKey& device, LastReport report, const Decision& decision) {
  ReportKeys keys = keys_of(decision.writes);
  keys.devices.push_back(device);
  keys.sort();
  UnitOfWork work{store.read(keys)};
  const auto heard = work.save(device, std::move(report));
  if (heard && !mute.has(heard->kind)) work.publish(*heard);
  apply(work, mute, decision.writes, decision.events);
  store.write(client_id, work.take());
}

}  // namespace iotcard
