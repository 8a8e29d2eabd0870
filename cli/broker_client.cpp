// SPDX-License-Identifier: Apache-2.0
#include "broker_client.h"

#include <fmt/core.h>

#include <random>
#include <utility>

#include "interrupt.h"

namespace iotcard {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t window = 100;   // messages on their way
constexpr auto look_interval = 100ms;  // for interrupts
constexpr int enough_attempts = 3;     // to say that there is no broker

MqttProtocol protocol_of(const std::string& name) {
  if (name == "5") return MqttProtocol::v5;
  if (name == "3.1.1") return MqttProtocol::v3_1_1;
  return MqttProtocol::automatic;
}

}  // namespace

SessionOptions tool_options(const BrokerConfig& config, std::vector<std::string> filters) {
  SessionOptions options;
  options.url = config.url;
  std::random_device random;
  options.client_id = fmt::format("iotcardctl-{:08x}{:08x}", random(), random());
  options.protocol = protocol_of(config.protocol);
  options.keep_alive = config.keep_alive;
  options.session_expiry = 0s;
  options.max_packet = static_cast<std::uint32_t>(config.max_packet);
  options.persistent = false;
  options.username = config.username;
  options.password_file = config.password_file;
  options.ca_file = config.ca_file;
  options.cert_file = config.cert_file;
  options.key_file = config.key_file;
  options.filters = std::move(filters);
  options.backoff_min = 200ms;
  options.backoff_max = 2s;
  return options;
}

BrokerClient::BrokerClient(const BrokerConfig& config, std::vector<std::string> filters,
                           Handler on_message)
    : url_(config.url) {
  SessionHandlers handlers;
  handlers.on_message = on_message ? std::move(on_message) : [](const Message&) {};
  handlers.on_connected = [this](const ConnectionFacts&) {
    const std::lock_guard lock{mutex_};
    connected_ = true;
    changed_.notify_all();
  };
  handlers.on_disconnected = [this](const std::string& reason) {
    const std::lock_guard lock{mutex_};
    connected_ = false;
    ++failures_;
    reason_ = trouble_ = reason;
    changed_.notify_all();
  };
  handlers.on_published = [this](std::int64_t, bool ok, const std::string&) {
    const std::lock_guard lock{mutex_};
    --in_flight_;
    if (ok) ++acknowledged_;
    changed_.notify_all();
  };
  session_ =
      std::make_unique<Session>(tool_options(config, std::move(filters)), std::move(handlers));
}

BrokerClient::~BrokerClient() {
  session_->stop(1s);
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

void BrokerClient::connect(std::chrono::milliseconds timeout) {
  session_->start();
  std::unique_lock lock{mutex_};
  wait(lock, timeout, [this] { return connected_ || failures_ >= enough_attempts; });
  if (connected_) return;
  throw BrokerError{fmt::format(
      "{}; is the broker running, and is broker.url in the configuration the right one?",
      reason_.empty() ? fmt::format("no answer from the broker at {}", url_) : reason_)};
}

bool BrokerClient::publish(const std::string& topic, std::string_view payload,
                           std::chrono::milliseconds timeout) {
  for (;;) {
    std::int64_t token = 0;
    {
      std::unique_lock lock{mutex_};
      const bool ready = wait(lock, timeout, [this] { return connected_ && in_flight_ < window; });
      if (interrupted()) return false;
      if (!ready) {
        throw BrokerError{fmt::format("the broker at {} takes nothing more: {}", url_,
                                      connected_ ? "it acknowledges nothing" : reason_)};
      }
      ++in_flight_;
      token = ++token_;
    }
    if (session_->publish(token, topic, payload, 1, false)) return true;
    const std::lock_guard lock{mutex_};
    --in_flight_;
    connected_ = session_->connected();
  }
}

bool BrokerClient::drain(std::chrono::milliseconds timeout) {
  std::unique_lock lock{mutex_};
  return wait(lock, timeout, [this] { return in_flight_ == 0; }) && in_flight_ == 0;
}

std::int64_t BrokerClient::acknowledged() const {
  const std::lock_guard lock{mutex_};
  return acknowledged_;
}

std::string BrokerClient::take_trouble() {
  const std::lock_guard lock{mutex_};
  return std::exchange(trouble_, {});
}

}  // namespace iotcard
