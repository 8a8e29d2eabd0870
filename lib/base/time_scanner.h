// SPDX-License-Identifier: Apache-2.0
// time_scanner.h - Takes the parts of a written time off the front of a text, strictly as RFC 3339
// has them or as people write them. For time.cpp and time_spelling.cpp only. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace iotcard {

class TimeScanner {
 public:
  enum class Spelling : std::uint8_t { rfc3339, any };

  explicit TimeScanner(std::string_view text, Spelling spelling)
      : rest_(text), strict_(spelling == Spelling::rfc3339) {}

  std::string_view rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t digits_ahead() const;

  bool take(std::string_view word);
  bool take_any(std::string_view characters);  // one of them
  bool take_blanks();                          // one at least
  int take_digits(std::size_t count);          // which are there
  // All the digits that are ahead, if they are as many and their value is at most `max`.
  std::optional<int> take_number(std::size_t min_digits, std::size_t max_digits, int max);
  // hh:mm:ss with or without a fraction; people also write h:mm and leave the seconds out. A leap
  // second, 60, is the second after it.
  std::optional<Duration> take_time_of_day();
  // What the clock on the wall is ahead of UTC: Z or +08:00; people also write UTC, GMT+8, +0800
  // and +08.
  std::optional<Duration> take_offset();

 private:
  std::optional<Duration> take_fraction();

  std::string_view rest_;
  bool strict_;
};

// Midnight in UTC; nullopt if the calendar has no such day.
std::optional<Instant> start_of_day(int year, int month, int day);
// The years 1970 to 9999.
bool is_in_range(Instant time);

}  // namespace iotcard
