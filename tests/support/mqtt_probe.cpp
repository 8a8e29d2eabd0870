// SPDX-License-Identifier: Apache-2.0
#include "support/mqtt_probe.h"

#include <fmt/format.h>
#include <mqtt/async_client.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

namespace iotcard {
namespace {

std::string unique_name() {
  static std::atomic<int> count{0};
  return fmt::format("probe-{}-{}", getpid(), ++count);
}

std::string paho_url(const std::string& url) {
  const std::string scheme = "mqtt://";
  return url.starts_with(scheme) ? "tcp://" + url.substr(scheme.size()) : url;
}

template <typename Token>
void wait(const Token& token, const char* what) {
  try {
    if (!token->wait_for(patience)) throw std::runtime_error(fmt::format("no answer to {}", what));
  } catch (const mqtt::exception& error) {  // acknowledged all the same
    if (error.get_reason_code() != mqtt::NO_MATCHING_SUBSCRIBERS) throw;
  }
}

}  // namespace

class MqttProbe::Client {
 public:
  Client(const std::string& url, const Options& options)
      : name_(options.client_id.empty() ? unique_name() : options.client_id),
        paho_(paho_url(url), name_,
              mqtt::create_options(options.mqtt5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1)) {
    paho_.set_message_callback([this](const mqtt::const_message_ptr& message) { take(*message); });
    mqtt::connect_options connect;
    connect.set_mqtt_version(options.mqtt5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
    if (options.mqtt5) {
      connect.set_clean_start(options.clean);
      constexpr std::int32_t hour = 3600;
      if (!options.clean) {
        connect.set_properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, hour}});
      }
    } else {
      connect.set_clean_session(options.clean);
    }
    if (!options.username.empty()) connect.set_user_name(options.username);
    if (!options.password.empty()) connect.set_password(options.password);
    const auto token = paho_.connect(connect);
    wait(token, "CONNECT");
    session_present_ = token->get_connect_response().is_session_present();
  }

  void take(const mqtt::message& message) {
    {
      const std::lock_guard lock{mutex_};
      if (message.get_topic() == barrier_topic()) {
        barrier_seen_ = message.to_string();
      } else {
        messages_.push_back({message.get_topic(), message.to_string(), message.get_qos(),
                             message.is_retained(), message.is_duplicate()});
      }
    }
    changed_.notify_all();
  }

  void subscribe(const std::string& filter, int qos) {
    wait(paho_.subscribe(filter, qos), "SUBSCRIBE");
  }

  void publish(const std::string& topic, const std::string& payload, int qos, bool retain) {
    wait(paho_.publish(topic, payload.data(), payload.size(), qos, retain), "PUBLISH");
  }

  void settle() {
    if (barrier_ == 0) subscribe(barrier_topic(), 1);
    const std::string sent = std::to_string(++barrier_);
    publish(barrier_topic(), sent, 1, false);
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, patience, [&] { return barrier_seen_ == sent; })) {
      throw std::runtime_error("the broker does not return a message");
    }
  }

  std::string barrier_topic() const { return "barrier/" + name_; }

  bool session_present_ = false;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Messages messages_;  // guarded by mutex_, as the next
  std::string barrier_seen_;
  int barrier_ = 0;
  std::string name_;
  mqtt::async_client paho_;  // ends first: its callbacks use all of the above
};

MqttProbe::MqttProbe(const std::string& url) : MqttProbe(url, Options{}) {}
MqttProbe::MqttProbe(const std::string& url, const Options& options)
    : client_(std::make_unique<Client>(url, options)) {}
MqttProbe::~MqttProbe() = default;

bool MqttProbe::session_present() const {
  return client_->session_present_;
}

void MqttProbe::subscribe(const std::string& filter, int qos) {
  client_->subscribe(filter, qos);
}

void MqttProbe::publish(const std::string& topic, const std::string& payload, int qos,
                        bool retain) {
  client_->publish(topic, payload, qos, retain);
}

void MqttProbe::disconnect() {
  wait(client_->paho_.disconnect(), "DISCONNECT");
}

MqttProbe::Messages MqttProbe::messages() const {
  const std::lock_guard lock{client_->mutex_};
  return client_->messages_;
}

MqttProbe::Messages MqttProbe::messages(const std::string& topic) const {
  Messages result;
  for (const ProbeMessage& message : messages()) {
    if (message.topic == topic) result.push_back(message);
  }
  return result;
}

void MqttProbe::clear() {
  const std::lock_guard lock{client_->mutex_};
  client_->messages_.clear();
}

bool MqttProbe::wait_until(const std::function<bool(const Messages&)>& predicate,
                           std::chrono::milliseconds deadline) const {
  std::unique_lock lock{client_->mutex_};
  return client_->changed_.wait_for(lock, deadline, [&] { return predicate(client_->messages_); });
}

bool MqttProbe::wait_count(std::size_t count, std::chrono::milliseconds deadline) const {
  return wait_until([&](const Messages& messages) { return messages.size() >= count; }, deadline);
}

void MqttProbe::settle() {
  client_->settle();
}

}  // namespace iotcard
