// SPDX-License-Identifier: Apache-2.0
#include "refresh/job_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace iotcard {
namespace {

bool must_wait(const OperatorRequest& request, Instant now) {
  return !request.action && request.not_before && *request.not_before > now;
}

}  // namespace

void JobQueue::read(Instant now) {
  const bool due = !read_at_ || now < *read_at_ || now >= *read_at_ + read_interval;
  // Requests that wait for their interval must not keep out those that could begin.
  const auto ready = static_cast<std::size_t>(std::ranges::count_if(
      requests_, [&](const OperatorRequest& request) { return !must_wait(request, now); }));
  if (due && ready < max_ready && requests_.size() < max_waiting) {
    std::ranges::move(source_.requests(now, static_cast<int>(max_ready - ready)),
                      std::back_inserter(requests_));
  }
  fill(unknown_, due, [&](int max) { return source_.unknown(now, max); });
  fill(stale_, due, [&](int max) { return source_.stale(now, max); });
  if (due) read_at_ = now;
}

template <typename Read>
void JobQueue::fill(Waiting& waiting, bool due, const Read& read_more) {
  if (!waiting.cards.empty() || (waiting.source_empty && !due)) return;
  // The source may still return those that are under way, so ask for as many more.
  for (Iccid& card : read_more(batch_ * concurrency_ + static_cast<int>(in_flight_.size()))) {
    if (!in_flight_.contains(card)) waiting.cards.push_back(std::move(card));
  }
  waiting.source_empty = waiting.cards.empty();
}

std::optional<PlatformJob> JobQueue::next(Instant now) {
  std::optional<PlatformJob> job = next_request(now);
  if (!job) {
    const bool unknown_first = std::exchange(unknown_first_, !unknown_first_);
    job = next_cards(unknown_first);
    if (!job) job = next_cards(!unknown_first);
  }
  if (!job) return std::nullopt;
  in_flight_.insert(job->cards.begin(), job->cards.end());
  ++under_way_;
  return job;
}

std::optional<PlatformJob> JobQueue::next_request(Instant now) {
  const auto next = std::ranges::find_if(requests_, [&](const OperatorRequest& request) {
    return !must_wait(request, now) && !in_flight_.contains(request.card);
  });
  if (next == requests_.end()) return std::nullopt;
  PlatformJob job{{next->card}, std::move(*next)};
  requests_.erase(next);
  return job;
}

std::optional<PlatformJob> JobQueue::next_cards(bool unknown) {
  PlatformJob job;
  job.unknown = unknown;
  const auto take_from = [&](std::deque<Iccid>& waiting) {
    while (!waiting.empty() && job.cards.size() < static_cast<std::size_t>(batch_)) {
      Iccid card = std::move(waiting.front());
      waiting.pop_front();
      const bool twice = contains(job.cards, card);
      if (!twice && !in_flight_.contains(card)) job.cards.push_back(std::move(card));
    }
  };
  take_from((unknown ? unknown_ : stale_).cards);
  if (unknown) {
    for (const Iccid& card : job.cards) std::erase(postponed_, card);
    // Cards at which the platform fails must not keep out the others.
    if (job.cards.empty()) take_from(postponed_);
  }
  return job.cards.empty() ? std::nullopt : std::optional{std::move(job)};
}

void JobQueue::done(const PlatformJob& job) {
  for (const Iccid& card : job.cards) in_flight_.erase(card);
  --under_way_;
}

void JobQueue::clear() {
  requests_.clear();
  unknown_ = {};
  postponed_.clear();
  stale_ = {};
  read_at_.reset();
}

void JobQueue::postpone(std::vector<Iccid> cards) {
  std::move(cards.begin(), cards.end(), std::back_inserter(postponed_));
  while (postponed_.size() > max_postponed) postponed_.pop_front();
}

}  // namespace iotcard
