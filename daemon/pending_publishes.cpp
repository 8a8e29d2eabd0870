// SPDX-License-Identifier: Apache-2.0
#include "pending_publishes.h"

#include <utility>

namespace iotcard {

std::optional<PendingPublishes::PublishResult> PendingPublishes::send_and_wait(
    const std::function<bool(std::int64_t number)>& send, std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  const std::int64_t number = --last_;
  open_[number] = std::nullopt;
  lock.unlock();
  const bool sent = send(number);  // the answer may come first
  lock.lock();
  if (!sent) {
    open_.erase(number);
    return PublishResult{};
  }
  changed_.wait_for(lock, patience, [&] { return open_[number].has_value(); });
  std::optional<PublishResult> result = std::move(open_[number]);
  open_.erase(number);
  return result;
}

void PendingPublishes::published(std::int64_t number, bool ok, const std::string& reason) {
  const std::lock_guard lock{mutex_};
  const auto waiting = open_.find(number);
  if (waiting == open_.end()) return;
  waiting->second = PublishResult{ok, reason};
  changed_.notify_all();
}

}  // namespace iotcard
