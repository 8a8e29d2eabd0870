// SPDX-License-Identifier: Apache-2.0
#include "api/event_ring.h"

#include <algorithm>
#include <utility>

namespace iotcard {
namespace {

std::size_t size_of(const RingEvent& event) {
  return event.type.size() + event.payload.size();
}

}  // namespace

void EventRing::push(RingEvent event) {
  const std::lock_guard lock{mutex_};
  if (!events_.empty() && event.sequence <= events_.back()->sequence) return;
  bytes_ += size_of(event);
  events_.push_back(std::make_shared<const RingEvent>(std::move(event)));
  while (events_.size() > 1 && (events_.size() > limits_.events || bytes_ > limits_.bytes)) {
    bytes_ -= size_of(*events_.front());
    dropped_ = events_.front()->sequence;
    events_.pop_front();
  }
  changed_.notify_all();
}

void EventRing::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  changed_.notify_all();
}

EventRing::Span EventRing::span() const {
  const std::lock_guard lock{mutex_};
  if (events_.empty()) return {};
  return {events_.front()->sequence, events_.back()->sequence, dropped_};
}

bool EventRing::reaches_back_to(std::int64_t sequence) const {
  const std::lock_guard lock{mutex_};
  if (dropped_ != 0) return sequence >= dropped_;
  // Events from before the first one are not known here.
  return !events_.empty() && sequence >= events_.front()->sequence;
}

std::optional<EventRing::Events> EventRing::wait(std::int64_t after, std::size_t max_events,
                                                 std::chrono::milliseconds timeout) const {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, timeout, [&] {
    return closed_ || (!events_.empty() && events_.back()->sequence > after);
  });
  if (after < dropped_) return std::nullopt;
  Events found;
  if (closed_) return found;
  auto event = std::upper_bound(
      events_.begin(), events_.end(), after,
      [](std::int64_t sequence, const auto& other) { return sequence < other->sequence; });
  for (; event != events_.end() && found.size() < max_events; ++event) found.push_back(*event);
  return found;
}

EventRing::Events EventRing::find(const EventMatcher& matcher, std::int64_t before,
                                  std::size_t max_events) const {
  Events events;
  {
    const std::lock_guard lock{mutex_};
    events.assign(events_.rbegin(), events_.rend());
  }
  std::erase_if(events, [&](const auto& event) {
    return event->sequence >= before || !matcher.matches(event->payload);
  });
  if (events.size() > max_events) events.resize(max_events);
  return events;
}

bool EventRing::closed() const {
  const std::lock_guard lock{mutex_};
  return closed_;
}

}  // namespace iotcard
