// SPDX-License-Identifier: Apache-2.0
#include "platform/pace.h"

#include <algorithm>
#include <cassert>

namespace iotcard {
namespace {

// Rounded up, so that a window of `per` never has a call more than `number`.
std::chrono::microseconds gap_of(const Rate& rate) {
  assert(rate.number > 0 && rate.per.count() > 0);
  const std::chrono::microseconds per = rate.per;
  return (per + std::chrono::microseconds{rate.number - 1}) / rate.number;
}

}  // namespace

PaceTable::PaceTable(Rate rate, int concurrency, PaceTime start)
    : gap_(gap_of(rate)), concurrency_(std::max(1, concurrency)), next_(start + gap_) {}

bool PaceTable::take(PaceTime now) {
  if (under_way_ == concurrency_ || now < next_) return false;
  ++under_way_;
  next_ = now + gap_;  // from now, not from when it might have gone: time not used is not saved up
  return true;
}

std::optional<PaceTime> PaceTable::next() const {
  return under_way_ == concurrency_ ? std::nullopt : std::optional{next_};
}

void PaceTable::give_back() {
  assert(under_way_ > 0);
  --under_way_;
}

Pace::Pace(Rate rate, int concurrency)
    : table_(rate, concurrency, std::chrono::steady_clock::now()) {}

bool Pace::admit() {
  std::unique_lock lock{mutex_};
  const std::uint64_t ticket = tickets_++;
  while (!stopping_) {
    if (ticket != now_serving_) {
      changed_.wait(lock);
    } else if (table_.take(std::chrono::steady_clock::now())) {
      ++now_serving_;
      changed_.notify_all();
      return true;
    } else if (const auto next = table_.next()) {
      changed_.wait_until(lock, *next);
    } else {
      changed_.wait(lock);
    }
  }
  ++now_serving_;  // nobody is served any more, but waiting() counts
  return false;
}

void Pace::done() {
  const std::lock_guard lock{mutex_};
  table_.give_back();
  changed_.notify_all();
}

void Pace::stop() {
  const std::lock_guard lock{mutex_};
  stopping_ = true;
  changed_.notify_all();
}

int Pace::waiting() const {
  const std::lock_guard lock{mutex_};
  return static_cast<int>(tickets_ - now_serving_);
}

}  // namespace iotcard
