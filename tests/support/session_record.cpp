// SPDX-License-Identifier: Apache-2.0
#include "support/session_record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <utility>

namespace iotcard {

SessionOptions test_session(const std::string& url) {
  SessionOptions options;
  options.url = url;
  options.client_id = "session";
  options.filters = {"devices/+"};
  options.status_topic = "test/status";
  options.offline_status = "offline";
  options.backoff_min = std::chrono::milliseconds{20};
  options.backoff_max = std::chrono::milliseconds{200};
  return options;
}

SessionRecord::SessionRecord(SessionOptions options,
                             std::function<void(const Message&)> on_message) {
  SessionHandlers handlers;
  handlers.on_message = [this, also = std::move(on_message)](const Message& message) {
    {
      const std::lock_guard lock{mutex_};
      messages_.push_back({std::string{message.topic}, std::string{message.payload}, message.qos,
                           message.retained, message.duplicate});
    }
    if (also) also(message);
  };
  handlers.on_connected = [this](const ConnectionFacts& facts) {
    const std::lock_guard lock{mutex_};
    connected_.push_back(facts);
  };
  handlers.on_disconnected = [this](const std::string& reason) {
    const std::lock_guard lock{mutex_};
    reasons_.push_back(reason);
  };
  handlers.on_published = [this](std::int64_t token, Delivery delivery, const std::string& reason) {
    const std::lock_guard lock{mutex_};
    published_[token] = {delivery == Delivery::acknowledged, reason};
    ++published_calls_;
  };
  session_ = std::make_unique<Session>(std::move(options), std::move(handlers));
}

SessionRecord::~SessionRecord() {
  if (session_) stop();
}

void SessionRecord::wait(const std::string& what, const std::function<bool()>& predicate) {
  const bool came = eventually([&] {
    const std::lock_guard lock{mutex_};
    return predicate();
  });
  if (came) return;
  const std::lock_guard lock{mutex_};
  throw std::runtime_error(fmt::format("{} did not come; {} connections, {} messages; reasons: {}",
                                       what, connected_.size(), messages_.size(),
                                       fmt::join(reasons_, "; ")));
}

void SessionRecord::wait_connected(std::size_t times) {
  wait(fmt::format("connection {}", times), [&] { return connected_.size() >= times; });
}

void SessionRecord::wait_messages(std::size_t count) {
  wait(fmt::format("message {}", count), [&] { return messages_.size() >= count; });
}

std::string SessionRecord::wait_reason(const std::string& part) {
  std::string found;
  wait("reason \"" + part + "\"", [&] {
    for (const std::string& reason : reasons_) {
      if (reason.find(part) != std::string::npos) found = reason;
    }
    return !found.empty();
  });
  return found;
}

SessionRecord::Published SessionRecord::wait_published(std::int64_t token) {
  wait(fmt::format("the end of publication {}", token),
       [&] { return published_.count(token) != 0; });
  const std::lock_guard lock{mutex_};
  return published_.at(token);
}

std::vector<ConnectionFacts> SessionRecord::connected() const {
  const std::lock_guard lock{mutex_};
  return connected_;
}

std::vector<std::string> SessionRecord::reasons() const {
  const std::lock_guard lock{mutex_};
  return reasons_;
}

std::vector<ProbeMessage> SessionRecord::messages() const {
  const std::lock_guard lock{mutex_};
  return messages_;
}

std::size_t SessionRecord::published() const {
  const std::lock_guard lock{mutex_};
  return published_calls_;
}

}  // namespace iotcard
