// SPDX-License-Identifier: Apache-2.0
#include "device_requests.h"

#include <chrono>
#include <utility>

namespace iotcard {

AskResult DeviceRequests::ask(const std::variant<std::string, Problem>& where) {
  constexpr std::chrono::seconds patience{5};
  using enum AskResult::End;
  if (const auto* problem = std::get_if<Problem>(&where)) return {no_topic, "", problem->text};
  const auto& topic = std::get<std::string>(where);
  std::unique_lock lock{mutex_};
  const std::int64_t number = --last_;
  open_[number] = std::nullopt;
  lock.unlock();
  const bool sent = publish_(number, topic);  // the answer may come first
  lock.lock();
  if (sent) {
    changed_.wait_for(lock, patience, [&] { return stopped_ || open_[number].has_value(); });
  }
  std::optional<AskResult> result = std::move(open_[number]);
  open_.erase(number);
  if (!sent) return {not_connected, topic, "the broker is not connected"};
  if (!result) return {no_answer, topic, "the broker did not acknowledge the request"};
  result->topic = topic;
  return *std::move(result);
}

void DeviceRequests::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  changed_.notify_all();
}

void DeviceRequests::published(std::int64_t number, bool ok, const std::string& reason) {
  using enum AskResult::End;
  const std::lock_guard lock{mutex_};
  const auto waiting = open_.find(number);
  if (waiting == open_.end()) return;
  waiting->second = AskResult{ok ? acknowledged : refused, "", reason};
  changed_.notify_all();
}

}  // namespace iotcard
