// SPDX-License-Identifier: Apache-2.0
#include "broker_client.h"

#include <fmt/core.h>

#include <random>
#include <utility>

#include "terminal.h"

namespace iotcard {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t window = 100;   // messages on their way
constexpr auto look_interval = 100ms;  // for interrupts
constexpr const char* no_answer = "no answer from the broker";
constexpr int enough_attempts = 3;  // to say that there is no broker

}  // namespace

SessionOptions tool_options(const BrokerSettings& settings, std::vector<std::string> filters) {
  SessionOptions options;
  static_cast<BrokerSettings&>(options) = settings;
  std::random_device random;
  options.client_id = fmt::format("iotcardctl-{:08x}{:08x}", random(), random());
  options.session_expiry = 0s;
  options.persistent = false;
  options.filters = std::move(filters);
  options.backoff_min = 200ms;
  options.backoff_max = 2s;
  return options;
}

BrokerClient::BrokerClient(SessionOptions options, Handler on_message) : url_(options.url) {
  SessionHandlers handlers;
  handlers.on_message = on_message ? std::move(on_message) : [this](const Message& message) {
    change([&] { state_.messages[std::string{message.topic}] = message.payload; });
  };
  handlers.on_connected = [this](const ConnectionFacts& facts) {
    change([&] {
      state_.connected = true;
      state_.facts = facts;
    });
  };
  handlers.on_disconnected = [this](const std::string& reason) {
    change([&] {
      state_.connected = false;
      ++state_.failures;
      state_.reason = state_.trouble = reason;
    });
  };
  handlers.on_published = [this](std::int64_t, Delivery delivery, const std::string& reason) {
    change([&] {
      --state_.in_flight;
      if (delivery == Delivery::acknowledged) {
        ++state_.acknowledged;
      } else {
        state_.refusal = reason;
      }
    });
  };
  session_ = std::make_unique<Session>(std::move(options), std::move(handlers));
}

BrokerClient::~BrokerClient() {
  session_->stop(1s);
}

template <typename Change>
void BrokerClient::change(const Change& change) {
  const std::lock_guard lock{mutex_};
  change();
  changed_.notify_all();
}

template <typename Ready>
bool BrokerClient::wait(std::unique_lock<std::mutex>& lock, std::chrono::milliseconds timeout,
                        const Ready& ready) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!ready()) {
    if (interrupted() || std::chrono::steady_clock::now() >= deadline) return interrupted();
    changed_.wait_for(lock, look_interval);
  }
  return true;
}

std::string BrokerClient::try_connect(std::chrono::milliseconds timeout, int attempts) {
  session_->start();
  std::unique_lock lock{mutex_};
  wait(lock, timeout, [&] { return state_.connected || state_.failures >= attempts; });
  if (state_.connected) return {};
  return state_.reason.empty() ? no_answer : state_.reason;
}

void BrokerClient::connect(std::chrono::milliseconds timeout) {
  std::string problem = try_connect(timeout, enough_attempts);
  if (problem.empty()) return;
  if (problem == no_answer) problem += " at " + url_;
  throw BrokerError{problem +
                    "; is the broker running, and are broker.url, the account and its files in the "
                    "configuration the right ones?"};
}

bool BrokerClient::publish(const std::string& topic, std::string_view payload,
                           std::chrono::milliseconds timeout) {
  for (;;) {
    std::int64_t token = 0;
    {
      std::unique_lock lock{mutex_};
      const bool ready =
          wait(lock, timeout, [this] { return state_.connected && state_.in_flight < window; });
      if (interrupted()) return false;
      if (!ready) {
        throw BrokerError{
            fmt::format("the broker at {} takes nothing more: {}", url_,
                        state_.connected ? "it acknowledges nothing" : state_.reason)};
      }
      ++state_.in_flight;
      token = ++state_.token;
    }
    if (session_->publish(token, topic, payload, 1, false)) return true;
    const std::lock_guard lock{mutex_};
    --state_.in_flight;
    state_.connected = session_->connected();
  }
}

bool BrokerClient::drain(std::chrono::milliseconds timeout) {
  std::unique_lock lock{mutex_};
  return wait(lock, timeout, [this] { return state_.in_flight == 0; }) && state_.in_flight == 0;
}

std::int64_t BrokerClient::acknowledged() const {
  const std::lock_guard lock{mutex_};
  return state_.acknowledged;
}

std::string BrokerClient::refusal() const {
  const std::lock_guard lock{mutex_};
  return state_.refusal;
}

bool BrokerClient::is_connected() const {
  const std::lock_guard lock{mutex_};
  return state_.connected;
}

std::string BrokerClient::take_trouble() {
  const std::lock_guard lock{mutex_};
  return std::exchange(state_.trouble, {});
}

std::map<std::string, std::string> BrokerClient::messages(std::size_t topics,
                                                          std::chrono::milliseconds timeout) {
  std::unique_lock lock{mutex_};
  wait(lock, timeout, [&] { return state_.messages.size() >= topics; });
  return state_.messages;
}

std::map<std::string, std::string> BrokerClient::messages_behind(const std::string& topic,
                                                                 std::chrono::milliseconds timeout,
                                                                 std::chrono::milliseconds quiet) {
  std::unique_lock lock{mutex_};
  wait(lock, timeout, [&] { return state_.messages.contains(topic); });
  for (std::size_t known = 0; known != state_.messages.size() && !interrupted();) {
    known = state_.messages.size();
    wait(lock, quiet, [&] { return state_.messages.size() > known; });
  }
  return state_.messages;
}

ConnectionFacts BrokerClient::facts() const {
  const std::lock_guard lock{mutex_};
  return state_.facts;
}

}  // namespace iotcard
