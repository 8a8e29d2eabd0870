// SPDX-License-Identifier: Apache-2.0
#include "base/byte_size.h"

#include <algorithm>
#include <array>
#include <charconv>
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

std::string show_byte_size(std::int64_t bytes) {
  constexpr std::array<const char*, 6> names = {" kB", " MB", " GB", " TB", " PB", " EB"};
  // Unsigned, because the smallest int64 has no positive counterpart.
  std::uint64_t size =
      bytes < 0 ? 0 - static_cast<std::uint64_t>(bytes) : static_cast<std::uint64_t>(bytes);
  std::string text = bytes < 0 ? "-" : "";
  if (size < 1000) return text + std::to_string(size) + " B";
  std::size_t unit = 0;
  for (; size >= 1'000'000; size /= 1000) ++unit;
  const std::string whole = std::to_string(size / 1000);
  const std::string part = std::to_string(1000 + size % 1000).substr(1, 3 - whole.size());
  return text + whole + (part.empty() ? "" : "." + part) + names[unit];
}

}  // namespace iotcard
