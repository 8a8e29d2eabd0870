// SPDX-License-Identifier: Apache-2.0
#include "upkeep/silence_monitor.h"

#include <algorithm>
#include <utility>

#include "domain/device_silence.h"

namespace iotcard {
namespace {

constexpr Duty silence_duty{Duty::Kind::silence};

// Of a last report that lies ahead it is only known that it came before the clock was set back.
Instant seen_at(const WatchedDevice& watched, Instant now) {
  return *watched.last_seen <= now ? *watched.last_seen : std::min(watched.seen_from, now);
}

}  // namespace

bool SilenceMonitor::step(std::chrono::seconds silent_after, EventKinds mute,
                          const Present& present) {
  note(present);
  if (silent_after.count() == 0) return forget_marks();
  no_marks_ = false;
  const Instant now = present.now;
  const bool too_early = now >= checked_at_ && now < checked_at_ + interval;
  if (too_early && !more_) return false;
  checked_at_ = now;
  // Also before it has listened for so long: the clock may have been set back.
  const auto before = time_->start_of(silent_after, present.applied_until());
  more_ = check(before.value_or(Instant{}), mute, now);
  return more_;
}

void SilenceMonitor::note(const Present& present) {
  if (!time_) {
    time_ = ListeningTime::parse(store_.duty_state(silence_duty));
    saved_at_ = present.now;
  }
  time_->note(present.now, present.listening);
  const bool ended = std::exchange(listening_, present.listening) && !present.listening;
  const Duration age = present.now - saved_at_;
  const bool due = present.listening && (age >= save_interval || age < Duration{0});
  if (due || (ended && age >= ListeningTime::max_gap)) save(present.now);
}

void SilenceMonitor::save(Instant now) {
  if (!time_) return;
  saved_at_ = now;
  store_.set_duty_state(silence_duty, time_->text());
}

bool SilenceMonitor::forget_marks() {
  if (no_marks_) return false;
  no_marks_ = store_.forget_silence(page) < page;
  return !no_marks_;
}

// The devices are read again in the transaction: a command may have changed them.
bool SilenceMonitor::check(Instant before, EventKinds mute, Instant now) {
  if (store_.devices_to_check(before, now, 1).empty()) return false;
  Transaction transaction{store_};
  const bool more = check_page(before, mute, now);
  transaction.commit();
  return more;
}

bool SilenceMonitor::check_page(Instant before, EventKinds mute, Instant now) {
  const auto devices = store_.devices_to_check(before, now, page);
  Changes changes;
  for (const WatchedDevice& watched : devices) {
    const Instant seen = watched.last_seen ? seen_at(watched, now) : now;
    if (seen > before) {
      store_.set_seen_from(watched.id, seen);
      continue;
    }
    store_.mark_silent(watched.id, now);
    const Event event = silent_event(watched.device, *watched.last_seen, whole_milliseconds(now));
    if (!mute.has(event.kind)) changes.events.push_back({event_topic(event), event_json(event)});
  }
  store_.write(client_id_, changes);
  return devices.size() == std::size_t{page};
}

}  // namespace iotcard
