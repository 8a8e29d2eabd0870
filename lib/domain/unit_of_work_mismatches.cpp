// SPDX-License-Identifier: Apache-2.0
// What a unit of work holds of mismatches: those that stand with their device, and those that
// contest the card of another one.
#include <algorithm>
#include <cassert>

#include "domain/unit_of_work.h"

namespace iotcard {

// `devices` are those of devices_, in the same order.
void UnitOfWork::link_contested(const std::vector<KnownDevice>& devices) {
  for (std::size_t i = 0; i < devices.size(); ++i) {
    for (const Mismatch& mismatch : devices[i].contested_by) {
      for (Held<Mismatch>* standing : device(mismatch.device).standing) {
        if (standing->row.id == mismatch.id) devices_[i].contested_by.push_back(standing);
      }
    }
  }
}

void UnitOfWork::apply_one(const RaiseMismatch& raise) {
  Held<Mismatch>& raised = mismatches_.emplace_back(Held<Mismatch>{raise.mismatch, true});
  raised.row.first_seen = whole_milliseconds(raised.row.first_seen);
  raised.row.last_seen = whole_milliseconds(raised.row.last_seen);
  if (raised.row.ended) {
    raised.row.ended = whole_milliseconds(*raised.row.ended);
  } else {
    device(raised.row.device).standing.push_back(&raised);
    contest(raised);
  }
}

void UnitOfWork::apply_one(const RepeatMismatch& repeat) {
  Held<Mismatch>& mismatch = standing(repeat.mismatch);
  mismatch.row.last_seen = whole_milliseconds(repeat.at);
  mismatch.row.count = repeat.count;
  mismatch.row.platform = repeat.platform;
  mismatch.changed = true;
  if (repeat.reopens) mismatch.row.reopen();
  if (repeat.against) {
    end_contest(mismatch);
    mismatch.row.against = *repeat.against;
    contest(mismatch);
  }
  if (repeat.reopens || repeat.against) mismatch.settled = true;
}

void UnitOfWork::apply_one(const EndMismatch& end) {
  Held<Mismatch>& mismatch = standing(end.mismatch);
  mismatch.row.state = end.state;
  mismatch.settled = true;
  // What an operator said of a dismissal stays after its cause is gone.
  const bool by_operator =
      end.state == MismatchState::dismissed || end.state == MismatchState::accepted;
  if (by_operator) mismatch.row.reason = end.reason;
  // A dismissed mismatch stands until its cause is gone.
  if (end.state == MismatchState::dismissed) {
    mismatch.row.dismissed = whole_milliseconds(end.at);
    mismatch.row.dismissed_by = end.by;
    return;
  }
  mismatch.row.ended = whole_milliseconds(end.at);
  mismatch.row.ended_by = end.by;
  std::erase(device(end.mismatch.device).standing, &mismatch);
  end_contest(mismatch);
}

void UnitOfWork::contest(Held<Mismatch>& mismatch) {
  const Against& against = mismatch.row.against;
  if (against.suspect != Suspect::moved || !against.holder) return;
  if (HeldDevice* holder = find(*against.holder)) holder->contested_by.push_back(&mismatch);
}

void UnitOfWork::end_contest(Held<Mismatch>& mismatch) {
  const auto& holder = mismatch.row.against.holder;
  if (!holder) return;
  if (HeldDevice* held = find(*holder)) std::erase(held->contested_by, &mismatch);
}

// Sets `contested` for the holder of each new contest, in the snapshot or not; clears it for
// holders without a contest.
void UnitOfWork::take_contested(Changes& changes) const {
  for (const HeldDevice& held : devices_) {
    if (held.contested && held.contested_by.empty()) {
      changes.contested.emplace_back(held.device, false);
    }
  }
  for (const Held<Mismatch>& held : mismatches_) {
    const Against& against = held.row.against;
    const bool changed = held.is_new || held.settled;
    if (!changed || held.row.ended || against.suspect != Suspect::moved || !against.holder)
      continue;
    changes.contested.emplace_back(*against.holder, true);
  }
}

UnitOfWork::Held<Mismatch>& UnitOfWork::standing(const MismatchKey& key) {
  const auto& all = device(key.device).standing;
  const auto found = std::ranges::find(all, key, [](const auto* held) { return held->row.key(); });
  assert(found != all.end());
  return **found;
}

}  // namespace iotcard
