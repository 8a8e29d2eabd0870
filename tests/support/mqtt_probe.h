// SPDX-License-Identifier: Apache-2.0
// mqtt_probe.h - An MQTT client for tests, independent of lib/broker and its library: it publishes
// at QoS 0 and 1, and keeps what it receives. The library's clients of one process share a thread
// that takes seconds to notice a second connection, and waits while a handler blocks; this one has
// a thread of its own. All functions throw std::exception on failure. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/byte_stream.h"
#include "support/wait.h"

namespace iotcard {

struct ProbeMessage {
  std::string topic;
  std::string payload;
  int qos = 0;
  bool retained = false;  // it was at the broker before we subscribed
  bool duplicate = false;
};

class MqttProbe {
 public:
  struct Options {
    std::string client_id{};  // one of its own if empty
    bool clean = true;        // false: a durable session; needs a client_id
    bool mqtt5 = true;
    std::string username{};
    std::string password{};
    TlsClient tls{};              // for a URL mqtts://
    std::string barrier_topic{};  // where settle() may write and read; one of its own if empty
    std::string will_topic{};
    std::string will_payload{};
    // Both are called on the probe's thread. What is handed over is not kept, and acknowledged to
    // the broker when the call returns.
    std::function<void(const ProbeMessage&)> on_message{};
    std::function<void(std::uint16_t)> on_acknowledged{};  // of post(): its packet identifier
  };
  using Messages = std::vector<ProbeMessage>;

  explicit MqttProbe(const std::string& url);
  MqttProbe(const std::string& url, const Options& options);
  ~MqttProbe();
  MqttProbe(const MqttProbe&) = delete;
  MqttProbe& operator=(const MqttProbe&) = delete;

  bool session_present() const;
  void subscribe(const std::string& filter, int qos = 1);
  // Returns once the broker has acknowledged it (QoS 0: once it is sent).
  void publish(const std::string& topic, const std::string& payload, int qos = 1,
               bool retain = false);
  // Many at QoS 1, some hundreds under way at a time; returns once all are acknowledged. With
  // MQTT 3.1.1 only: with 5 the broker says how many it takes. `make` gives topic and payload.
  void publish_many(std::int64_t count, const std::function<ProbeMessage(std::int64_t)>& make);
  // One at QoS 1 without waiting: on_acknowledged tells. The caller bounds how many are under
  // way, and gives each a packet identifier that is not in use, 1 to 65535.
  void post(std::uint16_t id, const std::string& topic, const std::string& payload);
  // The broker keeps a durable session.
  void disconnect();
  // As if the power failed: the broker publishes the will.
  void break_off();
  bool lost() const;  // the broker has ended the connection

  Messages messages() const;
  Messages messages(const std::string& topic) const;  // those of one topic
  void clear();
  // False if the messages do not fulfil the predicate by the deadline.
  bool wait_until(const std::function<bool(const Messages&)>& predicate,
                  std::chrono::milliseconds deadline = patience) const;
  // At least so many messages.
  bool wait_count(std::size_t count, std::chrono::milliseconds deadline = patience) const;
  // Returns once all that the broker had accepted before has reached this probe: the barrier for
  // "nothing came".
  void settle();

 private:
  class Client;
  std::unique_ptr<Client> client_;
};

}  // namespace iotcard
