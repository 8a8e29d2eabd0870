// SPDX-License-Identifier: Apache-2.0
#include "load/fleet.h"

#include <fmt/format.h>

#include <charconv>

namespace iotcard {
namespace {

constexpr std::string_view device_prefix = "D6O0R";
// A prime: neighbours among the devices are none among the cards, as in a real fleet.
constexpr std::int64_t stride = 7919;

}  // namespace

std::string Fleet::card(std::int64_t number) {
  return fmt::format("898604293620C{:07}", number);
}

std::string Fleet::device(std::int64_t number) {
  return fmt::format("{}{:08}", device_prefix, number);
}

std::int64_t Fleet::device_of(std::string_view topic) {
  const std::size_t slash = topic.rfind('/');
  if (slash == std::string_view::npos) return -1;
  const std::string_view name = topic.substr(slash + 1);
  if (!name.starts_with(device_prefix)) return -1;
  std::int64_t number = -1;
  std::from_chars(name.data() + device_prefix.size(), name.data() + name.size(), number);
  return number;
}

std::string Fleet::topic(std::int64_t number) {
  return fmt::format("/1/{}/info/post", device(number));
}

std::string Fleet::iccid(std::int64_t device) const {
  return card(device * stride % cards_);
}

std::string Fleet::payload(std::int64_t device) const {
  return documented_payload(iccid(device));
}

std::string documented_payload(std::string_view iccid) {
  return fmt::format(
      "{{\n\"rssi\": -43,\n\"firmwareVersion\": 1.2,\n\"status\": 3,\n\"userId\": 2,\n"
      "\"longitude\": 0,\n\"latitude\": 0,\n\"iccid\": {},\n\"cardPlatformId\": 0,\n"
      "\"summary\": {{\n\"name\": \"FastBee\",\n\"chip\": \"ESP8266\",\n"
      "\"author\": \"kerwincui\",\n\"deliveryTime\": \"2023-06-06\",\n"
      "\"activeTime\": \"2022-10-01\"\n}}\n}}\n",
      iccid);
}

}  // namespace iotcard
