// SPDX-License-Identifier: Apache-2.0
#include "platform/amount.h"

#include <charconv>
#include <limits>

#include "base/text.h"

namespace iotcard {
namespace {

__extension__ using Wide = unsigned __int128;

}  // namespace

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
    int written = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), written);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    exponent += written;
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
