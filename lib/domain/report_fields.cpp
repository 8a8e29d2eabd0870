// SPDX-License-Identifier: Apache-2.0
#include "domain/report_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "domain/modem_answer.h"
#include "domain/token_text.h"

namespace iotcard {
namespace {

using Kind = ScalarValue::Kind;

constexpr std::array<std::string_view, 9> field_keys = {"",          "cardPlatformId",  "rssi",
                                                        "status",    "firmwareVersion", "userId",
                                                        "longitude", "latitude",        "summary"};

// Of the fields with a key of so many characters the first; 0: none. Few keys are compared.
constexpr auto first_of_size = [] {
  std::array<std::uint8_t, 16> first{};
  for (std::size_t i = field_keys.size() - 1; i > 0; --i) {
    first.at(field_keys[i].size()) = static_cast<std::uint8_t>(i);
  }
  return first;
}();

std::string_view key_of(ReportField field) {
  return field_keys[static_cast<std::size_t>(field)];
}

void add_issue(DeviceReport& report, ReportField field, std::string_view what) {
  report.issues.push_back(std::string{key_of(field)} + ": " + std::string{what});
}

std::string_view numeric_text(const ScalarValue& value) {
  if (value.kind != Kind::text && value.kind != Kind::number) return {};
  std::string_view text = trim(value.text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);  // as C prints %+d
  return text;
}

std::optional<std::int64_t> to_integer(const ScalarValue& value) {
  std::string_view text = numeric_text(value);
  const std::size_t point = text.find('.');  // -43.0 is an integer
  if (point != std::string_view::npos && point + 1 < text.size() &&
      text.find_first_not_of('0', point + 1) == std::string_view::npos) {
    text = text.substr(0, point);
  }
  return parse_integer(text);
}

// Whether a number out of the range of double is too small, not too large.
bool is_below_one(std::string_view number) {
  const std::size_t e = std::min(number.find_first_of("eE"), number.size());
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = std::min(mantissa.find_first_of("123456789"), mantissa.size());
  std::string_view written = number.substr(std::min(e + 1, number.size()));
  if (written.starts_with('+')) written.remove_prefix(1);
  std::int64_t exponent = 0;
  const auto error = std::from_chars(written.data(), written.data() + written.size(), exponent).ec;
  if (error == std::errc::result_out_of_range) return written.starts_with('-');
  // The position of the first significant digit, counted from the point.
  const auto place = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  return exponent < (place > 0 ? -place + 1 : -place);
}

std::optional<double> to_number(const ScalarValue& value) {
  const std::string_view text = numeric_text(value);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size()) return std::nullopt;
  // Too small for a double is zero; too large is no degree.
  if (error == std::errc::result_out_of_range && is_below_one(text)) return 0;
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  return number;
}

void set_platform(DeviceReport& report, const ScalarValue& value) {
  report.platform.reset();
  if (value.kind == Kind::null) return;
  if (value.kind == Kind::text && trim(value.text).empty()) return;
  const auto number = to_integer(value);
  if (!number) {
    add_issue(report, ReportField::platform, "not an integer");
  } else if (*number > 0) {
    report.platform = number;
  }
}

void set_integer(DeviceReport& report, ReportField field, const ScalarValue& value,
                 std::optional<std::int64_t>& target) {
  target = to_integer(value);
  if (!target && value.kind != Kind::null) add_issue(report, field, "not an integer");
}

void set_text(DeviceReport& report, ReportField field, const ScalarValue& value,
              std::optional<std::string>& target) {
  target.reset();
  if (value.kind == Kind::other) {
    add_issue(report, field, "neither text nor a number");
  } else if (value.kind != Kind::null) {
    target = value.text;
  }
}

void set_degrees(DeviceReport& report, ReportField field, const ScalarValue& value, double limit,
                 std::optional<double>& target) {
  target = to_number(value);
  if (value.kind == Kind::null) return;
  if (!target) {
    add_issue(report, field, "not a number");
  } else if (std::abs(*target) > limit) {
    target.reset();
    add_issue(report, field, "out of range");
  }
}

bool is_imei(std::string_view text) {
  return text.size() >= 14 && text.size() <= 16 && all_digits(text);
}

// "" if there is none, or several.
std::string find_imei(std::string_view text) {
  std::string found;
  for (const ModemAnswer::Field& field : read_modem_answer(text).fields) {
    std::string digits = without_separators(field.text);
    if (!is_imei(digits) || digits == found) continue;
    if (!found.empty()) return {};
    found = std::move(digits);
  }
  return found;
}

}  // namespace

void set_imei(DeviceReport& report, const ScalarValue& value) {
  constexpr std::string_view two_imeis = "imei: two different ones";
  const bool empty = value.kind == Kind::text && trim_blanks(value.text).empty();
  if (value.kind == Kind::null || empty) return;
  std::string imei = value.kind == Kind::other ? "" : find_imei(value.text);
  if (imei.empty()) {
    report.issues.emplace_back("imei: not 14 to 16 digits");
  } else if (contains(report.issues, two_imeis)) {
    // None is chosen, whichever comes next.
  } else if (!report.imei.empty() && imei != report.imei) {
    report.issues.emplace_back(two_imeis);
    report.imei.clear();
  } else {
    report.imei = std::move(imei);
  }
}

ReportField find_report_field(std::string_view key) {
  if (key.size() >= first_of_size.size() || first_of_size[key.size()] == 0) {
    return ReportField::other;
  }
  for (std::size_t i = first_of_size[key.size()]; i < field_keys.size(); ++i) {
    if (field_keys[i] == key) return static_cast<ReportField>(i);
  }
  return ReportField::other;
}

void set_report_field(DeviceReport& report, ReportField field, const ScalarValue& value) {
  constexpr double longitude_limit = 180;
  constexpr double latitude_limit = 90;
  switch (field) {
    case ReportField::platform:
      return set_platform(report, value);
    case ReportField::rssi:
      return set_integer(report, field, value, report.rssi);
    case ReportField::status:
      return set_integer(report, field, value, report.status);
    case ReportField::firmware_version:
      return set_text(report, field, value, report.firmware_version);
    case ReportField::user_id:
      return set_text(report, field, value, report.user_id);
    case ReportField::longitude:
      return set_degrees(report, field, value, longitude_limit, report.longitude);
    case ReportField::latitude:
      return set_degrees(report, field, value, latitude_limit, report.latitude);
    case ReportField::summary:  // kept by its place in the payload
    case ReportField::other:
      return;
  }
}

}  // namespace iotcard
