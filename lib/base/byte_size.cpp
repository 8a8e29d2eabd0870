// SPDX-License-Identifier: Apache-2.0
#include "base/byte_size.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

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
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  std::int64_t value = 0;
  if (count == 0 || std::from_chars(text.data(), text.data() + count, value).ec != std::errc{}) {
    return std::nullopt;
  }
  text.remove_prefix(count);
  return value;
}

__extension__ using Wide = unsigned __int128;

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

std::optional<std::int64_t> amount_in_bytes(std::string_view text, std::int64_t unit) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);

  // Nineteen significant digits: all of an int64.
  constexpr std::uint64_t full = 1'000'000'000'000'000'000;
  std::uint64_t digits = 0;
  std::int64_t exponent = 0;
  bool any = false;
  bool after_point = false;
  while (!text.empty() && (is_digit(text.front()) || (text.front() == '.' && !after_point))) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '.') {
      after_point = true;
      continue;
    }
    any = true;
    if (digits < full) {
      digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
      exponent -= after_point ? 1 : 0;
    } else {
      exponent += after_point ? 0 : 1;
    }
  }
  if (!any) return std::nullopt;
  if (!text.empty()) {
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    text.remove_prefix(1);
    if (text.starts_with('+') && text.size() > 1 && is_digit(text[1])) text.remove_prefix(1);
    const auto written = parse_integer<int>(text);
    if (!written) return std::nullopt;
    exponent += *written;
  }

  constexpr auto max = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
  Wide bytes = static_cast<Wide>(digits) * static_cast<Wide>(unit);  // below 10^19 * 2^40
  for (; exponent < 0 && bytes > 0; ++exponent) bytes /= 10;
  for (; exponent > 0 && bytes > 0; --exponent) {
    bytes *= 10;
    if (bytes > max) return std::nullopt;
  }
  if (bytes > max) return std::nullopt;
  const auto value = static_cast<std::int64_t>(bytes);
  return negative ? -value : value;
}

}  // namespace iotcard
