// SPDX-License-Identifier: Apache-2.0
#include "broker/send_window.h"

#include <MQTTAsync.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "broker/pending_result.h"
#include "broker/reasons.h"

namespace iotcard {
namespace {

// The library walks its list of them for each acknowledgement, and buffers at most 100.
constexpr int window = 60;

}  // namespace

void SendWindow::set_receive_maximum(int count) {
  const std::lock_guard lock{mutex_};
  limit_ = static_cast<std::size_t>(std::clamp(count - 1, 1, window));
}

bool SendWindow::publish(mqtt::async_client& client, std::int64_t token,
                         mqtt::const_message_ptr message) {
  Waiting publication{token, std::move(message)};
  {
    const std::lock_guard lock{mutex_};
    open_.insert(token);
    if (sent_ >= limit_ || !waiting_.empty()) {
      waiting_.push_back(std::move(publication));
      return true;
    }
    ++sent_;
  }
  try {
    send(client, publication);
    return true;
  } catch (const mqtt::exception& failure) {
    {
      const std::lock_guard lock{mutex_};
      if (!forget(token)) return true;  // told already: a failure that came first
      --sent_;
    }
    if (failure.get_return_code() == MQTTASYNC_DISCONNECTED) return false;
    told_(token, false, "the MQTT library refuses the publication: " + failure.get_message());
    return true;
  }
}

// The same token may be under way twice, if it was given up and sent again. The lock is held.
bool SendWindow::forget(std::int64_t token) {
  const auto found = open_.find(token);
  if (found == open_.end()) return false;
  open_.erase(found);
  return true;
}

void SendWindow::send(mqtt::iasync_client& client, const Waiting& publication) {
  client.publish(publication.message,
                 reinterpret_cast<void*>(static_cast<std::intptr_t>(publication.token)), *this);
}

void SendWindow::settle(const mqtt::token& token, bool ok) noexcept {
  const auto number = reinterpret_cast<std::intptr_t>(token.get_user_context());
  std::optional<Waiting> next;
  {
    const std::lock_guard lock{mutex_};
    if (!forget(number)) return;
    --sent_;
    if (!waiting_.empty() && sent_ < limit_) {
      next = std::move(waiting_.front());
      waiting_.pop_front();
      ++sent_;
    }
  }
  const Answer::Result result = Answer::read(token, ok);
  std::string reason;
  if (!result.ok) {
    reason = result.code >= first_refusal
                 ? "the broker refuses the publication: " + reason_text(result.code)
                 : "the connection broke";
  }
  told_(number, result.ok, reason);
  if (!next) return;
  try {
    send(*token.get_client(), *next);
  } catch (const mqtt::exception&) {
    // Not connected any more: lose() tells.
  }
}

void SendWindow::lose() {
  std::multiset<std::int64_t> lost;
  {
    const std::lock_guard lock{mutex_};
    lost.swap(open_);
    waiting_.clear();
  }
  for (const std::int64_t token : lost) told_(token, false, "the connection broke");
}

}  // namespace iotcard
