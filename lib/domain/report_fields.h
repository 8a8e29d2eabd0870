// SPDX-License-Identifier: Apache-2.0
// report_fields.h - The fields of a device-info report besides the ICCID: which values each takes,
// and the issue for a wrong one. For device_report.cpp only. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "domain/device_report.h"

namespace iotcard {

enum class ReportField : std::uint8_t {
  other,
  platform,
  rssi,
  status,
  firmware_version,
  user_id,
  longitude,
  latitude,
  summary
};

ReportField find_report_field(std::string_view key);

// A value as the parser saw it. Text is unescaped; a number is its own characters.
struct ScalarValue {
  enum class Kind : std::uint8_t { null, text, number, other };  // other: true, false, a container
  Kind kind;
  std::string_view text;
};

// The IMEI: 14 to 16 digits, perhaps in a modem's answer, without separators. A wrong one, or a
// second one that is different, is an issue.
void set_imei(DeviceReport& report, const ScalarValue& value);

// Sets the field, or leaves it empty and adds an issue. Null is a field without a value.
void set_report_field(DeviceReport& report, ReportField field, const ScalarValue& value);

}  // namespace iotcard
