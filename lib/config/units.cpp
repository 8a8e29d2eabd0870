// SPDX-License-Identifier: Apache-2.0
#include "config/units.h"

#include <array>
#include <charconv>
#include <limits>

namespace iotcard {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

std::optional<std::uint64_t> parse_with_unit(std::string_view text, const Unit* begin,
                                             const Unit* end) {
  std::uint64_t number = 0;
  const char* const text_end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), text_end, number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name{stop, static_cast<std::size_t>(text_end - stop)};
  for (const Unit* unit = begin; unit != end; ++unit) {
    if (unit->name != name) continue;
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (number > most / unit->factor) return std::nullopt;
    return number * unit->factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr std::array<Unit, 5> units = {
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  const auto number = parse_with_unit(text, units.data(), units.data() + units.size());
  if (!number) return std::nullopt;
  return std::chrono::milliseconds{static_cast<std::int64_t>(*number)};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::uint64_t kibi = 1024;
  constexpr std::uint64_t kilo = 1000;
  static constexpr std::array<Unit, 8> units = {{{"", 1},
                                                 {"B", 1},
                                                 {"kB", kilo},
                                                 {"MB", kilo * kilo},
                                                 {"GB", kilo * kilo * kilo},
                                                 {"KiB", kibi},
                                                 {"MiB", kibi * kibi},
                                                 {"GiB", kibi * kibi * kibi}}};
  return parse_with_unit(text, units.data(), units.data() + units.size());
}

}  // namespace iotcard
