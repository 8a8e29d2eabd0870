// SPDX-License-Identifier: Apache-2.0
// broker_settings.h - Where the broker is and how to log in: the [broker] section of the
// configuration, and the part of a session's options that comes from it. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/name_table.h"

namespace iotcard {

// automatic begins with MQTT 5 and tries 3.1.1 where a broker refuses it, and then the other way.
enum class MqttProtocol : std::uint8_t { automatic, v5, v3_1_1 };
inline constexpr auto protocol_names = make_name_table<MqttProtocol>("auto", "5", "3.1.1");

struct BrokerSettings {
  std::string url = "mqtt://127.0.0.1:1883";  // mqtt:// or mqtts://
  std::string client_id = "iotcardd";
  MqttProtocol protocol = MqttProtocol::automatic;
  std::chrono::seconds keep_alive{30};                        // 5 s to 18 h
  std::chrono::seconds session_expiry{std::chrono::days{7}};  // 0: it ends with the connection
  // Bytes that the broker may send in one packet (MQTT 5): reports.max_bytes + 72 KiB to 256 MiB.
  std::uint64_t max_packet = std::uint64_t{256} << 10;
  std::string username;
  std::string password_file;  // read at each connect; one trailing line end is dropped
  std::string ca_file;        // PEM; the system's authorities if empty and the URL is mqtts://
  std::string cert_file;      // PEM, with key_file: mutual TLS
  std::string key_file;
  friend bool operator==(const BrokerSettings&, const BrokerSettings&) = default;
};

}  // namespace iotcard
