// SPDX-License-Identifier: Apache-2.0
#include "support/mqtt_probe.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "support/byte_stream.h"
#include "support/mqtt_wire.h"

namespace iotcard {
namespace {

constexpr int first_refusal = 0x80;
constexpr std::chrono::seconds farewell_patience{2};
const std::string session_expiry{"\x05\x11\x00\x00\x0e\x10", 6};  // properties: 3600 s
const std::string no_properties{"\0", 1};
const std::string barrier_mark = "barrier ";

std::string unique_name() {
  static std::atomic<int> count{0};
  return fmt::format("probe-{}-{}", getpid(), ++count);
}

}  // namespace

class MqttProbe::Client {
 public:
  Client(const std::string& url, const Options& options)
      : name_(options.client_id.empty() ? unique_name() : options.client_id),
        mqtt5_(options.mqtt5),
        barrier_topic_(options.barrier_topic.empty() ? "barrier/" + name_ : options.barrier_topic),
        on_message_(options.on_message),
        on_acknowledged_(options.on_acknowledged),
        stream_(url, options.tls),
        thread_([this] { receive(); }) {
    try {
      say_hello(options);
    } catch (...) {
      end();
      throw;
    }
  }
  ~Client() { end(); }

  void subscribe(const std::string& filter, int qos) {
    const std::uint16_t id = next_id();
    send(wire::packet(wire::subscribe, 2,
                      wire::number(id) + (mqtt5_ ? no_properties : "") + wire::text(filter) +
                          static_cast<char>(qos)));
    wait_answer(id, "the subscription to " + filter);
  }

  void publish(const std::string& topic, const std::string& payload, int qos, bool retain) {
    const std::uint16_t id = next_id();
    send_publish(id, topic, payload, qos, retain);
    if (qos > 0) wait_answer(id, "the publication on " + topic);
  }

  void send_publish(std::uint16_t id, const std::string& topic, const std::string& payload, int qos,
                    bool retain) {
    send(wire::packet(wire::publish, static_cast<std::uint8_t>(qos << 1 | (retain ? 1 : 0)),
                      wire::text(topic) + (qos > 0 ? wire::number(id) : "") +
                          (mqtt5_ ? no_properties : "") + payload));
  }

  void publish_many(std::int64_t count, const std::function<ProbeMessage(std::int64_t)>& make) {
    constexpr std::int64_t window = 500;
    std::unique_lock lock{mutex_};
    counted_ = 0;
    for (std::int64_t sent = 0; sent <= count; ++sent) {
      const std::int64_t open = sent < count ? window : 1;  // behind the last: wait for all
      const bool room =
          changed_.wait_for(lock, patience, [&] { return lost_ || sent - *counted_ < open; });
      if (!room || lost_) throw std::runtime_error("the broker does not take the publications");
      if (sent == count) break;
      lock.unlock();
      const ProbeMessage message = make(sent);
      send_publish(static_cast<std::uint16_t>(sent % UINT16_MAX + 1), message.topic,
                   message.payload, 1, false);
      lock.lock();
    }
    counted_.reset();
  }

  bool lost() const {
    const std::lock_guard lock{mutex_};
    return lost_;
  }

  void settle() {
    if (barrier_ == 0) subscribe(barrier_topic_, 1);
    const std::string sent = barrier_mark + std::to_string(++barrier_);
    publish(barrier_topic_, sent, 1, false);
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, patience, [&] { return barrier_seen_ == sent; })) {
      throw std::runtime_error("the broker does not return a message");
    }
  }

  // Says good-bye, and ends the receiving.
  void end() {
    if (!thread_.joinable()) return;
    try {
      send(wire::packet(wire::disconnect, 0, ""));
    } catch (const std::exception&) {
      // Gone already.
    }
    stream_.shut_down(SHUT_WR);  // the broker reads to the end, closes, and the thread ends
    {
      std::unique_lock lock{mutex_};
      changed_.wait_for(lock, farewell_patience, [&] { return lost_; });
    }
    stream_.shut_down(SHUT_RDWR);  // if it hangs
    thread_.join();
  }

  // As a client whose power fails: the broker publishes its will.
  void break_off() {
    stream_.shut_down(SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  bool session_present_ = false;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Messages messages_;  // guarded by mutex_

 private:
  void say_hello(const Options& options) {
    const bool user = !options.username.empty();
    const bool password = !options.password.empty();
    const bool will = !options.will_topic.empty();
    const int flags = (user ? 0x80 : 0) | (password ? 0x40 : 0) | (will ? 0x0C : 0) |
                      (options.clean ? 0x02 : 0);  // the will at QoS 1
    std::string body = wire::text("MQTT");
    body += static_cast<char>(mqtt5_ ? 5 : 4);
    body += static_cast<char>(flags);
    body += wire::number(0);  // no keep-alive
    if (mqtt5_) body += options.clean ? no_properties : session_expiry;
    body += wire::text(name_);
    if (will) {
      if (mqtt5_) body += no_properties;
      body += wire::text(options.will_topic) + wire::text(options.will_payload);
    }
    if (user) body += wire::text(options.username);
    if (password) body += wire::text(options.password);
    send(wire::packet(wire::connect, 0, body));
    wait_answer(0, "the connection");
  }

  std::uint16_t next_id() {
    last_id_ = last_id_ == UINT16_MAX ? std::uint16_t{1} : static_cast<std::uint16_t>(last_id_ + 1);
    return last_id_;
  }

  void send(const std::string& bytes) {
    const std::lock_guard lock{send_mutex_};
    stream_.write(bytes);
  }

  void wait_answer(std::uint16_t id, const std::string& what) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [&] { return answers_.count(id) != 0 || lost_; });
    const auto answer = answers_.find(id);
    if (answer == answers_.end()) throw std::runtime_error("no answer to " + what);
    const int code = answer->second;
    answers_.erase(answer);
    if (code >= first_refusal || (id == 0 && code != 0)) {
      throw std::runtime_error(fmt::format("the broker refuses {}: {}", what, code));
    }
  }

  void receive() {
    std::string stream;
    std::array<char, 65536> bytes;
    try {
      for (std::size_t size = 0; (size = stream_.read(bytes.data(), bytes.size())) > 0;) {
        stream.append(bytes.data(), size);
        while (const auto packet = wire::take_packet(stream)) take(*packet);
      }
    } catch (const std::exception&) {
      // Lost, as the waiting ones are told.
    }
    {
      const std::lock_guard lock{mutex_};
      lost_ = true;
    }
    changed_.notify_all();
  }

  void take(const wire::Packet& packet) {
    wire::Reader body{packet.body};
    if (packet.type == wire::publish) return take_message(packet, body);
    int code = 0;
    std::uint16_t id = 0;
    if (packet.type == wire::connack) {
      session_present_ = body.byte() != 0;
      code = body.byte();
    } else if (packet.type == wire::puback) {
      id = body.number();
      if (on_acknowledged_) return on_acknowledged_(id);
      if (!body.empty()) code = body.byte();
    } else if (packet.type == wire::suback) {
      id = body.number();
      if (mqtt5_) body.skip_properties();
      code = body.byte();
    } else {
      return;
    }
    {
      const std::lock_guard lock{mutex_};
      if (counted_ && packet.type == wire::puback) {
        ++*counted_;
      } else {
        answers_[id] = code;
      }
    }
    changed_.notify_all();
  }

  void take_message(const wire::Packet& packet, wire::Reader& body) {
    ProbeMessage message;
    message.qos = packet.flags >> 1 & 3;
    message.retained = (packet.flags & 1) != 0;
    message.duplicate = (packet.flags & 8) != 0;
    message.topic = body.text();
    const std::uint16_t id = message.qos > 0 ? body.number() : std::uint16_t{0};
    if (mqtt5_) body.skip_properties();
    message.payload = body.rest();
    if (on_message_ && message.topic != barrier_topic_) {
      on_message_(message);
    } else {
      const std::lock_guard lock{mutex_};
      if (message.topic == barrier_topic_ && message.payload.rfind(barrier_mark, 0) == 0) {
        barrier_seen_ = message.payload;
      } else {
        messages_.push_back(std::move(message));
      }
    }
    changed_.notify_all();
    if (id != 0) acknowledge(id);
  }

  // What a broker handed over before it died is read to its end, though nobody hears of it.
  void acknowledge(std::uint16_t id) {
    try {
      send(wire::packet(wire::puback, 0, wire::number(id)));
    } catch (const std::exception&) {
      // The reading finds the end.
    }
  }

  std::map<std::uint16_t, int> answers_;  // guarded by mutex_, as the next three; 0 is CONNACK
  std::optional<std::int64_t> counted_;   // acknowledgements, while publish_many() runs
  std::string barrier_seen_;
  bool lost_ = false;
  int barrier_ = 0;
  std::uint16_t last_id_ = 0;
  const std::string name_;
  const bool mqtt5_;
  const std::string barrier_topic_;
  const std::function<void(const ProbeMessage&)> on_message_;
  const std::function<void(std::uint16_t)> on_acknowledged_;
  std::mutex send_mutex_;
  ByteStream stream_;
  std::thread thread_;  // begins last: it uses all of the above
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

void MqttProbe::publish_many(std::int64_t count,
                             const std::function<ProbeMessage(std::int64_t)>& make) {
  client_->publish_many(count, make);
}

void MqttProbe::post(std::uint16_t id, const std::string& topic, const std::string& payload) {
  client_->send_publish(id, topic, payload, 1, false);
}

bool MqttProbe::lost() const {
  return client_->lost();
}

void MqttProbe::disconnect() {
  client_->end();
}

void MqttProbe::break_off() {
  client_->break_off();
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
