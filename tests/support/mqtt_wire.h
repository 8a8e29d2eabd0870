// SPDX-License-Identifier: Apache-2.0
// mqtt_wire.h - Just enough of MQTT 5 and 3.1.1 on the wire for a test's own client: packets made
// and taken apart. Not a client. Pure; any thread. Sources: MQTT 5.0 and 3.1.1 (OASIS).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iotcard::wire {

enum Type : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
};

struct Packet {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::string body;
};

// Takes the first whole packet off the stream; nullopt if there is none yet.
std::optional<Packet> take_packet(std::string& stream);
std::string packet(Type type, std::uint8_t flags, std::string_view body);

std::string text(std::string_view value);  // with its length in front
std::string number(std::uint16_t value);

// Reads a packet's body from the front. Throws std::runtime_error past its end.
class Reader {
 public:
  explicit Reader(std::string_view body) : rest_(body) {}
  std::uint8_t byte();
  std::uint16_t number();
  std::string text();
  void skip_properties();
  std::string rest() { return std::string{rest_}; }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view take(std::size_t size);
  std::string_view rest_;
};

}  // namespace iotcard::wire
