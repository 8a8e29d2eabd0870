// SPDX-License-Identifier: Apache-2.0
// time.h - Instants in UTC and their RFC 3339 spelling. Pure; any thread. Nothing here reads the
// clock: Clock is the interface for that.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

using Duration = std::chrono::microseconds;
using Instant = std::chrono::time_point<std::chrono::system_clock, Duration>;  // UTC

// "2026-11-23T20:51:00.123Z": milliseconds, truncated, always UTC.
std::string to_rfc3339(Instant time);

// Reads RFC 3339 with any offset, with or without a fraction (digits past the microsecond are
// dropped); a bare date "2026-11-23" is its midnight UTC. nullopt for anything else, and for
// years outside 1970 to 9999.
std::optional<Instant> parse_time(std::string_view text);

// As a store keeps it.
inline Instant whole_milliseconds(Instant time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}
inline std::int64_t to_unix_millis(Instant time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}
inline Instant from_unix_micros(std::int64_t micros) {
  return Instant{Duration{micros}};
}
inline std::int64_t to_unix_micros(Instant time) {
  return time.time_since_epoch().count();
}

// Every thread takes the time from here, so that a test can set it. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

// The time of day, as the system has it.
class SystemClock : public Clock {
 public:
  Instant now() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
};

}  // namespace iotcard
