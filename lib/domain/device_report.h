// SPDX-License-Identifier: Apache-2.0
// device_report.h - One device-info payload, read however broken it is. What cannot be made a JSON
// object by the named leniencies is a Rejection; a field that does not fit is an issue and costs
// nothing else. One pass over a valid payload, two over a broken one; nesting and memory are
// bounded; text inside strings and nested objects is never rewritten.
// Not a matcher: what the store knows about the ICCID is decide()'s. Pure; any thread.
// Source: the device-info payload of the FastBee platform (examples/reports/documented.json).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/iccid.h"
#include "domain/leniency.h"

namespace iotcard {

struct DeviceReport {
  IccidReading iccid;
  std::optional<std::int64_t> platform;  // > 0; nullopt: any platform
  std::optional<std::int64_t> rssi;      // dBm or CSQ, as the firmware means it
  std::optional<std::int64_t> status;
  std::optional<std::string> firmware_version;  // a number keeps its own digits
  std::optional<std::string> user_id;           // likewise
  std::optional<double> longitude;              // degrees, -180 to 180
  std::optional<double> latitude;               // degrees, -90 to 90
  std::optional<std::string> summary;           // JSON text, as it came
  Leniencies leniencies;                        // of payload and ICCID together
  std::vector<std::string> issues;              // "field: what does not fit"
};

enum class RejectionReason : std::uint8_t {
  empty,          // no bytes but blanks
  too_large,      // more than max_bytes
  not_an_object,  // JSON of another kind
  truncated,      // ends before the object does
  invalid_json,
  too_deep,          // nested deeper than max_depth
  trailing_garbage,  // something readable after the object
  bad_topic,         // fits no configured pattern
  not_applied,       // readable, but the store refused what was decided: a fault of ours
  bad_card_state,    // no report: what a script says of a card, and cannot be taken
};
inline constexpr auto rejection_reason_names = make_name_table<RejectionReason>(
    "empty", "too-large", "not-an-object", "truncated", "invalid-json", "too-deep",
    "trailing-garbage", "bad-topic", "not-applied", "bad-card-state");

struct Rejection {
  RejectionReason reason;
  std::size_t offset;     // bytes from the begin of the payload as it came
  std::string problem{};  // of bad_card_state: what is wrong, for a person
};

struct ReadOptions {
  std::size_t max_bytes = 65536;
  std::vector<std::string> iccid_keys = {"iccid"};  // compared without regard to letter case
};

using ReportReading = std::variant<DeviceReport, Rejection>;

inline constexpr std::size_t max_report_depth = 64;

ReportReading read_report(std::string_view payload, const ReadOptions& options);

}  // namespace iotcard
