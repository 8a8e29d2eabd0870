// SPDX-License-Identifier: Apache-2.0
#include "base/byte_size.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "base/text.h"

namespace iotcard {
namespace {

struct ByteUnit {
  std::string_view name;  // in lower case
  std::int64_t bytes;
};
constexpr std::array<ByteUnit, 10> byte_units = {{{"", 1},
                                                  {"b", 1},
                                                  {"kb", 1'000},
                                                  {"mb", 1'000'000},
                                                  {"gb", 1'000'000'000},
                                                  {"tb", 1'000'000'000'000},
                                                  {"kib", std::int64_t{1} << 10},
                                                  {"mib", std::int64_t{1} << 20},
                                                  {"gib", std::int64_t{1} << 30},
                                                  {"tib", std::int64_t{1} << 40}}};

std::optional<std::int64_t> find_unit(std::string_view text) {
  const std::string name = to_lower(text);
  for (const ByteUnit& unit : byte_units) {
    if (unit.name == name) return unit.bytes;
  }
  return std::nullopt;
}

// Takes the digits at the front of the text, at least one.
std::optional<std::int64_t> take_digits(std::string_view& text) {
  const auto count =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  std::int64_t value = 0;
  if (count == 0 || std::from_chars(text.data(), text.data() + count, value).ec != std::errc{}) {
    return std::nullopt;
  }
  text.remove_prefix(count);
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_byte_size(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto whole = take_digits(text);
  if (!whole) return std::nullopt;

  std::int64_t fraction = 0;
  std::int64_t scale = 1;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t before = text.size();
    const auto digits = take_digits(text);
    const std::size_t count = before - text.size();
    if (!digits || count > 6) return std::nullopt;  // so that no product overflows
    fraction = *digits;
    for (std::size_t i = 0; i < count; ++i) scale *= 10;
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto unit = find_unit(text);
  if (!unit || (*unit == 1 && scale != 1)) return std::nullopt;
  const std::int64_t part = fraction * *unit / scale;
  if (*whole > (std::numeric_limits<std::int64_t>::max() - part) / *unit) return std::nullopt;
  const std::int64_t bytes = *whole * *unit + part;
  return negative ? -bytes : bytes;
}

std::string printable_byte_size(std::int64_t bytes) {
  constexpr std::array<const char*, 6> names = {" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  if (bytes > -1024 && bytes < 1024) return std::to_string(bytes) + " B";
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; std::abs(size) >= 1023.5; size /= 1024) ++unit;
  // What would be rounded up to 10 or 100 has one digit less behind the point.
  const int digits = std::abs(size) < 9.995 ? 2 : std::abs(size) < 99.95 ? 1 : 0;
  std::array<char, 32> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), size, std::chars_format::fixed, digits);
  return std::string{text.data(), end} + names[unit];
}

}  // namespace iotcard
