// SPDX-License-Identifier: Apache-2.0
#include "upkeep/event_sweeper.h"

#include <algorithm>
#include <limits>

#include "store/event_search.h"

namespace iotcard {
namespace {

constexpr std::chrono::milliseconds check_interval{250};
constexpr std::chrono::minutes age_interval{10};
// About two milliseconds of work.
constexpr std::int64_t min_events_a_step = 512;
// A step removes more than was added since the last one, so the limit holds whatever the rate.
constexpr std::int64_t removals_per_event = 2;
// Over the limit so much more is removed than must be that transactions of this kind are few.
constexpr std::int64_t events_slack = 8;

}  // namespace

EventSweeper::EventSweeper(EventHistoryStore& store, std::chrono::seconds first_sweep)
    : store_(store), age_due_at_(std::chrono::steady_clock::now() + first_sweep) {}

bool EventSweeper::step(const Retention& retention, Instant now) {
  const auto steady_now = std::chrono::steady_clock::now();
  if (planned_.empty() && steady_now < check_at_) return false;
  check_at_ = steady_now + check_interval;
  const std::int64_t max_rows = this->max_rows();
  if (planned_.empty()) plan(retention, now);
  if (planned_.empty()) return false;
  const auto [client, last] = *planned_.begin();
  const auto oldest = store_.oldest_event(client);
  const std::int64_t up_to = oldest ? std::min(last, *oldest + max_rows - 1) : last;
  if (oldest && *oldest <= last) store_.remove_events(client, up_to);
  if (up_to == last) planned_.erase(planned_.begin());
  return !planned_.empty();
}

void EventSweeper::plan(const Retention& retention, Instant now) {
  const auto steady_now = std::chrono::steady_clock::now();
  const bool by_age = retention.keeps_events() && steady_now >= age_due_at_;
  if (by_age) age_due_at_ = steady_now + age_interval;
  const std::vector<std::string> clients = store_.event_clients();
  const std::int64_t too_many = surplus(retention, clients);
  if (too_many == 0 && !by_age) return;
  for (const std::string& client : clients) {
    std::int64_t last = too_many;
    if (by_age) {
      last = std::max(last, find_event_time(store_, client, now - retention.events_age) - 1);
    }
    // Waiting events are not counted as kept, and are not deleted.
    last = std::min(last, store_.published_position(client));
    if (last >= store_.oldest_event(client).value_or(0)) planned_[client] = last;
  }
}

// The sequence up to which events are too many; 0: none is.
std::int64_t EventSweeper::surplus(const Retention& retention,
                                   const std::vector<std::string>& clients) {
  if (!retention.keeps_events()) return std::numeric_limits<std::int64_t>::max();
  const std::int64_t newest = store_.last_sequence();
  const std::int64_t first_kept = newest - retention.events + 1;
  for (const std::string& client : clients) {
    if (store_.oldest_event(client).value_or(first_kept) < first_kept) {
      return newest - (retention.events - retention.events / events_slack);
    }
  }
  return 0;
}

std::int64_t EventSweeper::max_rows() {
  const std::int64_t newest = store_.last_sequence();
  const std::int64_t added = newest - last_seen_.value_or(newest);
  last_seen_ = newest;
  return std::max(min_events_a_step, removals_per_event * added);
}

}  // namespace iotcard
