// SPDX-License-Identifier: Apache-2.0
#include "http/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

namespace iotcard {
namespace {

using std::chrono::seconds;

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<Instant> read_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  if (month == months.end()) return std::nullopt;
  const auto number = static_cast<std::size_t>(month - months.begin()) + 1;
  const std::string padded = (number < 10 ? "0" : "") + std::to_string(number);
  return parse_time(std::string{text.substr(12, 4)} + '-' + padded + '-' +
                    std::string{text.substr(5, 2)} + 'T' + std::string{text.substr(17, 8)} + 'Z');
}

}  // namespace

std::optional<seconds> retry_after(const HttpResponse& response, Instant now) {
  constexpr std::int64_t day = 86'400;
  const std::string* text = response.header("retry-after");
  if (text == nullptr || (response.status != 429 && response.status != 503)) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (stop == end && error == std::errc::result_out_of_range) return seconds{day};
  if (stop != end || error != std::errc{}) {
    const auto time = read_http_date(*text);
    if (!time) return std::nullopt;
    number = std::chrono::ceil<seconds>(*time - now).count();
  }
  return seconds{std::clamp(number, std::int64_t{0}, day)};
}

}  // namespace iotcard
