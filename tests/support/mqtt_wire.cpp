// SPDX-License-Identifier: Apache-2.0
#include "support/mqtt_wire.h"

#include <stdexcept>

namespace iotcard::wire {
namespace {

// A variable byte integer: its value, and how many bytes it takes; nullopt if it is not whole.
struct Length {
  std::size_t value;
  std::size_t size;
};
std::optional<Length> read_length(std::string_view bytes) {
  Length length{0, 0};
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    length.value |= static_cast<std::size_t>(byte & 0x7f) << (7 * length.size);
    ++length.size;
    if ((byte & 0x80) == 0) return length;
    if (length.size == 4) break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Packet> take_packet(std::string& stream) {
  if (stream.empty()) return std::nullopt;
  const auto length = read_length(std::string_view{stream}.substr(1, 4));
  if (!length || stream.size() < 1 + length->size + length->value) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(stream[0]);
  Packet packet{.type = static_cast<std::uint8_t>(first >> 4),
                .flags = static_cast<std::uint8_t>(first & 0x0f),
                .body = stream.substr(1 + length->size, length->value)};
  stream.erase(0, 1 + length->size + length->value);
  return packet;
}

std::string packet(Type type, std::uint8_t flags, std::string_view body) {
  std::string bytes{static_cast<char>(type << 4 | flags)};
  std::size_t length = body.size();
  do {
    const std::size_t more = length > 0x7f ? 0x80 : 0;
    bytes += static_cast<char>((length & 0x7f) | more);
    length >>= 7;
  } while (length > 0);
  return bytes.append(body);
}

std::string number(std::uint16_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string text(std::string_view value) {
  return number(static_cast<std::uint16_t>(value.size())).append(value);
}

std::string_view Reader::take(std::size_t size) {
  if (size > rest_.size()) throw std::runtime_error("an MQTT packet ends too early");
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint8_t Reader::byte() {
  return static_cast<std::uint8_t>(take(1)[0]);
}

std::uint16_t Reader::number() {
  const auto high = byte();
  return static_cast<std::uint16_t>(high << 8 | byte());
}

std::string Reader::text() {
  return std::string{take(number())};
}

void Reader::skip_properties() {
  const auto length = read_length(rest_.substr(0, 4));
  if (!length) throw std::runtime_error("an MQTT packet ends too early");
  take(length->size);
  take(length->value);
}

}  // namespace iotcard::wire
