// SPDX-License-Identifier: Apache-2.0
#include "platform/ask_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace iotcard {
namespace {

bool waits(const PlatformJob& request, Instant now) {
  return !request.action && request.not_before && *request.not_before > now;
}

}  // namespace

void AskQueue::look(Instant now) {
  const bool due = !looked_at_ || now < *looked_at_ || now >= *looked_at_ + look_interval;
  // Those that wait for their interval must not keep others out, that might begin.
  const auto ready = static_cast<std::size_t>(
      std::count_if(requests_.begin(), requests_.end(),
                    [&](const PlatformJob& request) { return !waits(request, now); }));
  if (due && ready < most_requests && requests_.size() < most_waiting) {
    const int room = static_cast<int>(most_requests - ready);
    for (PlatformJob& request : desk_.requests(now, room)) requests_.push_back(std::move(request));
  }
  fill(unknown_, due, [&](int most) { return desk_.unknown(now, most); });
  fill(stale_, due, [&](int most) { return desk_.stale(now, most); });
  if (due) looked_at_ = now;
}

template <typename Next>
void AskQueue::fill(Waiting& waiting, bool due, const Next& next) {
  if (!waiting.cards.empty() || (waiting.desk_has_none && !due)) return;
  // As many more as are under way: the desk may still give those out.
  for (Iccid& card : next(batch_ * concurrency_ + static_cast<int>(in_flight_.size()))) {
    if (!in_flight_.contains(card)) waiting.cards.push_back(std::move(card));
  }
  waiting.desk_has_none = waiting.cards.empty();
}

std::optional<AskQueue::Task> AskQueue::next(Instant now) {
  std::optional<Task> task = next_request(now);
  if (!task) {
    const bool unknown_first = std::exchange(unknown_has_turn_, !unknown_has_turn_);
    task = next_cards(unknown_first);
    if (!task) task = next_cards(!unknown_first);
  }
  if (!task) return std::nullopt;
  in_flight_.insert(task->cards.begin(), task->cards.end());
  ++under_way_;
  return task;
}

std::optional<AskQueue::Task> AskQueue::next_request(Instant now) {
  const auto next =
      std::find_if(requests_.begin(), requests_.end(), [&](const PlatformJob& request) {
        return !waits(request, now) && !in_flight_.contains(request.card);
      });
  if (next == requests_.end()) return std::nullopt;
  Task task{{next->card}, std::move(*next)};
  requests_.erase(next);
  return task;
}

std::optional<AskQueue::Task> AskQueue::next_cards(bool unknown) {
  Task task;
  task.unknown = unknown;
  const auto take_from = [&](std::deque<Iccid>& waiting) {
    while (!waiting.empty() && task.cards.size() < static_cast<std::size_t>(batch_)) {
      Iccid card = std::move(waiting.front());
      waiting.pop_front();
      const bool twice = std::find(task.cards.begin(), task.cards.end(), card) != task.cards.end();
      if (!twice && !in_flight_.contains(card)) task.cards.push_back(std::move(card));
    }
  };
  take_from((unknown ? unknown_ : stale_).cards);
  if (unknown) {
    for (const Iccid& card : task.cards) std::erase(later_, card);
    // Those that the platform fails at must not keep the others from their turn.
    if (task.cards.empty()) take_from(later_);
  }
  return task.cards.empty() ? std::nullopt : std::optional{std::move(task)};
}

void AskQueue::done(const Task& task) {
  for (const Iccid& card : task.cards) in_flight_.erase(card);
  --under_way_;
}

void AskQueue::forget() {
  requests_.clear();
  unknown_ = {};
  later_.clear();
  stale_ = {};
  looked_at_.reset();
}

void AskQueue::ask_later(std::vector<Iccid> cards) {
  std::move(cards.begin(), cards.end(), std::back_inserter(later_));
  while (later_.size() > most_later) later_.pop_front();
}

}  // namespace iotcard
