// SPDX-License-Identifier: Apache-2.0
#include "verbs.h"

#include <fmt/core.h>

#include "base/text_sanitizer.h"
#include "base/time_spelling.h"

namespace iotcard {

Duration zone_from_operator(const std::string& text) {
  const auto reading = read_zone(text);
  if (const auto* zone = std::get_if<Duration>(&reading)) return *zone;
  throw UsageError{
      fmt::format("--zone: {}, not \"{}\"", std::get<Problem>(reading).text, printable(text))};
}

DeviceKey device_from_operator(const std::string& text) {
  if (auto device = DeviceKey::parse(text)) return *std::move(device);
  throw UsageError{"\"" + printable(text) + "\" names no device: it is PRODUCT/NUMBER"};
}

Instant time_from_operator(const char* option, const std::string& text) {
  if (const auto time = parse_time(text)) return *time;
  throw UsageError{fmt::format("{}: \"{}\" is no time; write 2026-11-23 or 2026-11-23T20:51:00Z",
                               option, printable(text))};
}

}  // namespace iotcard
