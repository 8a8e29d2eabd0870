// SPDX-License-Identifier: Apache-2.0
#include "base/duration.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

#include "base/text.h"

namespace iotcard {
namespace {

struct TimeUnit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::array<TimeUnit, 6> time_units = {{{"ms", 1},
                                                 {"s", 1000},
                                                 {"m", 60'000},
                                                 {"h", 3'600'000},
                                                 {"d", 86'400'000},
                                                 {"w", 604'800'000}}};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const char* const text_end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), text_end, number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  const std::string_view name{stop, static_cast<std::size_t>(text_end - stop)};
  for (const TimeUnit& unit : time_units) {
    if (unit.name != name) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.milliseconds) return std::nullopt;
    return std::chrono::milliseconds{number * unit.milliseconds};
  }
  return std::nullopt;
}

std::optional<Rate> parse_rate(std::string_view text) {
  Rate rate;
  const char* const text_end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), text_end, rate.number);
  if (error != std::errc{} || rate.number <= 0 || stop == text_end || *stop != '/')
    return std::nullopt;
  std::string per{stop + 1, text_end};
  if (per.empty() || !is_digit(per[0])) per.insert(0, 1, '1');
  const auto time = parse_duration(per);
  if (!time || time->count() <= 0) return std::nullopt;
  rate.per = *time;
  return rate;
}

}  // namespace iotcard
