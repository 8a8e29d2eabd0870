// SPDX-License-Identifier: Apache-2.0
#include "domain/unit_of_work.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>

#include "domain/device_silence.h"

namespace iotcard {
namespace {

// A store answers in the order of the keys.
template <typename List, typename Key>
void sort_by(List& list, Key key) {
  if (!std::ranges::is_sorted(list, {}, key)) std::ranges::sort(list, {}, key);
}

template <typename List, typename Key>
void keep_each_once(List& list, Key key) {
  sort_by(list, key);
  const auto repeated = std::ranges::unique(list, {}, key);
  list.erase(repeated.begin(), repeated.end());
}

// Adds the devices that do not report in this batch: holders of its cards, and devices whose
// mismatch contests a card. Only their binding or that mismatch is known.
void add_others(Snapshot& known) {
  std::vector<KnownDevice> others;
  const auto reports = [&](const DeviceKey& device) {
    return std::ranges::binary_search(known.devices, device, {}, &KnownDevice::device);
  };
  for (const MatchedCard& card : known.cards) {
    if (!card.binding || reports(card.binding->device)) continue;
    others.push_back({.device = card.binding->device, .binding = card.binding});
  }
  for (const KnownDevice& device : known.devices) {
    for (const Mismatch& mismatch : device.contested_by) {
      if (reports(mismatch.device)) continue;
      others.push_back({.device = mismatch.device, .binding = {}, .standing = {mismatch}});
    }
  }
  if (others.empty()) return;
  std::ranges::stable_sort(others, {}, &KnownDevice::device);
  KnownDevice* last = nullptr;
  for (KnownDevice& other : others) {
    if (last == nullptr || last->device != other.device) {
      last = &known.devices.emplace_back(std::move(other));
      continue;
    }
    if (other.binding) last->binding = std::move(other.binding);
    if (last->standing.empty()) last->standing = std::move(other.standing);
  }
  sort_by(known.devices, &KnownDevice::device);
}

bool is_same_day(Instant one, Instant other) {
  using std::chrono::floor;
  return floor<std::chrono::days>(one) == floor<std::chrono::days>(other);
}

}  // namespace

void ReportKeys::sort() {
  keep_each_once(devices, std::identity{});
  keep_each_once(iccids, std::identity{});
}

UnitOfWork::UnitOfWork(Snapshot known) {
  sort_by(known.devices, &KnownDevice::device);
  add_others(known);
  hold(known.devices);
  // Sorted by pointers, since a card with its binding is large.
  std::vector<std::pair<MatchedCard*, Held<Binding>*>> cards;
  cards.reserve(known.cards.size());
  for (MatchedCard& card : known.cards) {
    cards.emplace_back(&card, card.binding ? device(card.binding->device).binding : nullptr);
    card.binding.reset();
  }
  keep_each_once(cards, [](const auto& card) { return card.first->card.iccid.text(); });
  cards_.reserve(cards.size());
  for (const auto& [card, binding] : cards) cards_.push_back({std::move(*card), binding});
}

void UnitOfWork::hold(std::vector<KnownDevice>& devices) {
  devices_.reserve(devices.size());
  events_.reserve(devices.size());
  bool contested = false;
  for (KnownDevice& device : devices) {
    HeldDevice& held = devices_.emplace_back(
        HeldDevice{std::move(device.device), device.id, device.last_seen, device.heard_live,
                   device.silent_since, std::move(device.imei)});
    if (device.binding) {
      held.binding = &bindings_.emplace_back(Held<Binding>{*std::move(device.binding)});
    }
    for (Mismatch& mismatch : device.standing) {
      held.standing.push_back(&mismatches_.emplace_back(Held<Mismatch>{std::move(mismatch)}));
    }
    held.contested = device.contested;
    contested = contested || !device.contested_by.empty();
  }
  if (contested) link_contested(devices);
}

DecisionInputs UnitOfWork::inputs(const DeviceKey& key,
                                  const std::optional<Iccid>& reported) const {
  DecisionInputs inputs;
  const HeldDevice& held = device(key);
  inputs.last_seen = held.last_seen;
  inputs.heard_live = held.heard_live;
  inputs.imei = held.imei;
  if (held.binding != nullptr) inputs.device_binding = held.binding->row;
  for (const Held<Mismatch>* standing : held.standing) inputs.standing.push_back(standing->row);
  for (const Held<Mismatch>* other : held.contested_by) inputs.contested_by.push_back(other->row);
  if (!reported) return inputs;

  const auto add = [&](const HeldCard& card, Match match) {
    MatchedCard& matched = inputs.cards.emplace_back(card.card);
    matched.match = match;
    if (card.binding != nullptr) matched.binding = card.binding->row;
  };
  // Both spellings of an ICCID begin with the same 19 characters.
  const std::string_view common = reported->text().substr(0, 19);
  const auto iccid = [](const HeldCard& card) { return card.card.card.iccid.text(); };
  const auto first = std::ranges::lower_bound(cards_, common, {}, iccid);
  const auto last = std::find_if_not(
      first, cards_.end(), [&](const HeldCard& card) { return iccid(card).starts_with(common); });
  const auto exact = std::find_if(
      first, last, [&](const HeldCard& card) { return iccid(card) == reported->text(); });
  if (exact != last) {
    add(*exact, Match::exact);
    return inputs;
  }
  for (auto card = first; card != last; ++card) {
    if (const auto matches = match(*reported, card->card.card.iccid)) add(*card, *matches);
  }
  return inputs;
}

std::optional<Instant> UnitOfWork::first_bound(const DeviceKey& device, const Iccid& iccid) const {
  std::optional<Instant> first;
  for (const Held<Binding>& held : bindings_) {
    const Binding& binding = held.row;
    if (!held.is_new || binding.device != device || binding.iccid != iccid) continue;
    first = std::min(first.value_or(binding.since), binding.since);
  }
  return first;
}

Past UnitOfWork::past(const DeviceKey& key, const std::optional<Iccid>& card) const {
  Past past;
  const auto& saved = device(key).report;
  if (saved && saved->last) past.outcome = saved->last->outcome;
  const auto take_later = [](std::optional<Binding>& last, const Binding& binding) {
    if (!last || *last->until <= *binding.until) last = binding;
  };
  for (const Held<Binding>& held : bindings_) {
    if (!held.settled) continue;
    if (held.row.device == key) take_later(past.of_device, held.row);
    if (card && held.row.iccid == *card) take_later(past.of_card, held.row);
  }
  return past;
}

// Times are cut: what one report of a batch leaves to the next must not be finer than what a store
// gives back.
std::optional<Event> UnitOfWork::save(const DeviceKey& key, LastReport report, bool retained,
                                      bool late) {
  report.at = whole_milliseconds(report.at);
  HeldDevice& held = device(key);
  if (!held.report) held.report = SavedReport{.first_at = report.at};
  SavedReport& saved = *held.report;
  ++saved.reports;
  if (late) {
    saved.late_at = std::min(saved.late_at.value_or(report.at), report.at);
    return std::nullopt;
  }
  std::optional<Event> heard;
  if (!retained && held.silent_since) {
    heard = heard_event(key, held.last_seen, *held.silent_since, report.at);
    held.silent_since.reset();
    saved.ends_silence = true;
  }
  if (!retained && !std::exchange(held.heard_live, true)) saved.heard_live = true;
  if (!held.last_seen || !is_same_day(*held.last_seen, report.at)) saved.new_day = true;
  held.last_seen = report.at;
  set_imei(held, report);
  saved.last = std::move(report);
  return heard;
}

// The card that the device holds may be bound to another IMEI.
void UnitOfWork::set_imei(HeldDevice& held, const LastReport& report) {
  const std::string& imei = report.reading.imei;
  if (imei.empty() || imei == held.imei) return;
  held.imei = held.report->imei = imei;
  if (held.binding == nullptr) return;
  held.binding->row.imei = imei;
  judge_again(held.binding->row.iccid, report.at);
}

// The expiry monitor judges a card at this time, if nobody did before.
void UnitOfWork::judge_again(const Iccid& iccid, Instant at) {
  HeldCard* const held = card(iccid);
  if (held == nullptr || held->card.card.imei.empty()) return;
  held->card.judge_at = std::min(held->card.judge_at.value_or(at), at);
  held->changed = true;
}

void UnitOfWork::reject(ReceivedReport report, Rejection rejection) {
  rejected_.push_back({std::move(report), std::move(rejection)});
}

void UnitOfWork::publish(const Event& event) {
  events_.push_back({event_topic(event), event_json(event)});
}

void UnitOfWork::apply(const Write& write) {
  std::visit([this](const auto& one) { apply_one(one); }, write);
}

void UnitOfWork::apply_one(const CreateBinding& create) {
  const Instant at = whole_milliseconds(create.at);
  Held<Binding>& made = bindings_.emplace_back(
      Held<Binding>{{create.device, create.iccid, create.match, at, at, {}, create.by, ""}, true});
  HeldDevice& held_device = device(create.device);
  made.row.imei = held_device.imei;
  held_device.binding = &made;
  if (HeldCard* held = card(create.iccid)) held->binding = &made;
  if (!held_device.imei.empty()) judge_again(create.iccid, at);
}

void UnitOfWork::apply_one(const ConfirmBinding& confirm) {
  Held<Binding>& binding = *device(confirm.device).binding;
  binding.row.last_seen = std::max(binding.row.last_seen, whole_milliseconds(confirm.at));
  binding.changed = true;
}

void UnitOfWork::apply_one(const EndBinding& end) {
  Held<Binding>& binding = *std::exchange(device(end.device).binding, nullptr);
  binding.row.until = whole_milliseconds(end.at);
  binding.row.ended_by = end.by;
  binding.row.imei.clear();
  binding.settled = true;
  HeldCard* held = card(binding.row.iccid);
  if (held == nullptr || held->binding != &binding) return;
  held->binding = nullptr;
  if (held->card.announced.has(Abnormal::imei_mismatch))
    judge_again(binding.row.iccid, *binding.row.until);
}

void UnitOfWork::apply_one(const SetAbnormal& set) {
  HeldCard* held = card(set.iccid);
  if (held == nullptr) {
    other_cards_.push_back(set);
    return;
  }
  held->card.announced = set.reasons;
  held->card.judge_at = set.judge_at;
  held->changed = true;
}

// Of the bindings that are open, new ones and confirmed ones are in the row of their device.
Changes UnitOfWork::take() {
  Changes changes;
  take_contested(changes);
  changes.devices.reserve(devices_.size());
  for (HeldDevice& held : devices_) {
    DeviceChange change{held.device, held.id, std::move(held.report)};
    if (held.binding != nullptr && held.binding->is_new) {
      change.bound = std::move(held.binding->row);
    } else if (held.binding != nullptr && held.binding->changed) {
      change.confirmed_at = held.binding->row.last_seen;
    }
    if (change.report || change.bound) changes.devices.push_back(std::move(change));
  }
  for (Held<Binding>& held : bindings_) {
    if (!held.settled) continue;
    (held.is_new ? changes.past_bindings : changes.ended_bindings).push_back(std::move(held.row));
  }
  for (Held<Mismatch>& held : mismatches_) {
    if (!held.is_new && !held.settled && !held.changed) continue;
    auto& list = held.is_new    ? changes.new_mismatches
                 : held.settled ? changes.settled_mismatches
                                : changes.repeated_mismatches;
    list.push_back(std::move(held.row));
  }
  changes.cards = std::move(other_cards_);
  for (const HeldCard& held : cards_) {
    if (!held.changed) continue;
    changes.cards.push_back({held.card.card.iccid, held.card.announced, held.card.judge_at});
  }
  changes.rejected = std::move(rejected_);
  changes.events = std::move(events_);
  return changes;
}

// A report asks for its device several times, and cards come in the order of their devices.
const UnitOfWork::HeldDevice* UnitOfWork::find(const DeviceKey& key) const {
  for (const std::size_t likely : {last_device_, last_device_ + 1}) {
    if (likely < devices_.size() && devices_[likely].device == key) {
      last_device_ = likely;
      return &devices_[likely];
    }
  }
  const auto found = std::ranges::lower_bound(devices_, key, {}, &HeldDevice::device);
  if (found == devices_.end() || found->device != key) return nullptr;
  last_device_ = static_cast<std::size_t>(found - devices_.begin());
  return &*found;
}
UnitOfWork::HeldDevice* UnitOfWork::find(const DeviceKey& key) {
  return const_cast<HeldDevice*>(std::as_const(*this).find(key));
}
const UnitOfWork::HeldDevice& UnitOfWork::device(const DeviceKey& key) const {
  const HeldDevice* const found = find(key);
  assert(found != nullptr);
  return *found;
}
UnitOfWork::HeldDevice& UnitOfWork::device(const DeviceKey& key) {
  return const_cast<HeldDevice&>(std::as_const(*this).device(key));
}

UnitOfWork::HeldCard* UnitOfWork::card(const Iccid& iccid) {
  const auto text = [](const HeldCard& card) { return card.card.card.iccid.text(); };
  const auto found = std::ranges::lower_bound(cards_, iccid.text(), {}, text);
  return found != cards_.end() && text(*found) == iccid.text() ? &*found : nullptr;
}

}  // namespace iotcard
