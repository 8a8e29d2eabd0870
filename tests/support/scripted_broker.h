// SPDX-License-Identifier: Apache-2.0
// scripted_broker.h - A broker that answers as a test wants: for what no real one here announces or
// refuses. It keeps nothing, and sends no messages on. Speaks MQTT 5 and 3.1.1. Functions from any
// thread; the script is called on the threads of the connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/byte_server.h"
#include "support/mqtt_wire.h"
#include "support/wait.h"

namespace iotcard {

class ScriptedBroker {
 public:
  struct Connect {
    bool mqtt5 = true;
    int keep_alive = 0;
    bool will = false;
    bool will_retain = false;
    int will_qos = 0;
  };
  struct Publish {
    std::string topic;
    std::string payload;
    int qos = 0;
    bool retain = false;
  };
  struct Script {
    // A reason code; nullopt: ends the connection without CONNACK.
    std::function<std::optional<int>(const Connect&)> connect = [](const Connect&) { return 0; };
    std::string properties{};  // of CONNACK, with MQTT 5
    std::function<int(const std::string& filter)> subscribe = [](const std::string&) { return 1; };
    // The reason code of PUBACK; nullopt: ends the connection, with MQTT 5 by a DISCONNECT with the
    // reason code `farewell`, if it is not 0.
    int farewell = 0;
    std::function<std::optional<int>(const Publish&)> publish = [](const Publish&) { return 0; };
  };

  explicit ScriptedBroker(Script script);

  std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(server_->port()); }
  std::vector<Connect> connects() const;
  std::vector<Publish> published() const;             // what was acknowledged, or came at QoS 0
  std::size_t count(const std::string& topic) const;  // among those
  std::size_t pings() const;
  std::vector<std::string> filters() const;  // of all SUBSCRIBEs

  // Properties of CONNACK. MQTT 5.0, 2.2.2.2.
  static std::string byte_property(std::uint8_t id, std::uint8_t value);
  static std::string short_property(std::uint8_t id, std::uint16_t value);
  static std::string long_property(std::uint8_t id, std::uint32_t value);

 private:
  void serve(ByteServer::Connection& client);
  // The answer; nullopt: the connection ends.
  std::optional<std::string> answer(const wire::Packet& packet, bool& mqtt5);
  std::optional<std::string> answer_connect(const wire::Packet& packet, bool& mqtt5);
  std::optional<std::string> answer_publish(const wire::Packet& packet, bool mqtt5);
  std::string answer_subscribe(const wire::Packet& packet, bool mqtt5);

  const Script script_;
  mutable std::mutex mutex_;
  struct State {
    std::vector<Connect> connects;
    std::vector<Publish> published;
    std::vector<std::string> filters;
    std::size_t pings = 0;
  } state_;                             // guarded by mutex_
  std::unique_ptr<ByteServer> server_;  // last: its threads use the others
};

}  // namespace iotcard
