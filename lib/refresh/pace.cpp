// SPDX-License-Identifier: Apache-2.0
#include "refresh/pace.h"

#include <cassert>

namespace iotcard {
namespace {

// Rounded up, so that a window of `per` never has more than `number` requests.
std::chrono::microseconds gap_of(const Rate& rate) {
  assert(rate.number > 0 && rate.per.count() > 0);
  const std::chrono::microseconds per = rate.per;
  return (per + std::chrono::microseconds{rate.number - 1}) / rate.number;
}

}  // namespace

PaceTable::PaceTable(Rate rate, PaceTime start) : gap_(gap_of(rate)), next_(start + gap_) {}

bool PaceTable::take(PaceTime now) {
  if (now < next_) return false;
  next_ = now + gap_;  // from now on: time that was not used is not saved up
  return true;
}

Pace::Pace(Rate rate) : state_{.table = {rate, std::chrono::steady_clock::now()}} {}

bool Pace::admit() {
  std::unique_lock lock{mutex_};
  const std::uint64_t ticket = state_.tickets++;
  while (!state_.stopping) {
    if (ticket != state_.serving) {
      changed_.wait(lock);
    } else if (state_.table.take(std::chrono::steady_clock::now())) {
      ++state_.serving;
      changed_.notify_all();
      return true;
    } else {
      changed_.wait_until(lock, state_.table.next());
    }
  }
  ++state_.serving;  // for waiting()
  return false;
}

void Pace::stop() {
  const std::lock_guard lock{mutex_};
  state_.stopping = true;
  changed_.notify_all();
}

int Pace::waiting() const {
  const std::lock_guard lock{mutex_};
  return static_cast<int>(state_.tickets - state_.serving);
}

}  // namespace iotcard
