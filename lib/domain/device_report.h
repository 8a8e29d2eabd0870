// SPDX-License-Identifier: Apache-2.0
// device_report.h - Reads one device-info payload. A payload that the named leniencies cannot turn
// into a JSON object is a Rejection; a field with a wrong value is an issue and leaves the other
// fields alone. One pass over a valid payload, two over a broken one; nesting and memory are
// bounded; text inside strings and nested objects stays as it is, but where a configured JSON
// Pointer leads. Matching the ICCID is decide()'s part. Pure; any thread. Source: the device-info
// payload of the FastBee platform (examples/reports/documented.json).
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
#include "domain/payload_keys.h"

namespace iotcard {

inline constexpr std::size_t no_offset = static_cast<std::size_t>(-1);

struct DeviceReport {
  IccidReading iccid;
  std::string iccid_key;                 // the configured key that found it; "" if none did
  std::size_t iccid_offset = no_offset;  // bytes of the payload before its value
  std::string imei;                      // 14 to 16 digits (3GPP TS 23.003, 6.2); "" if unknown
  std::optional<std::int64_t> platform;  // > 0; nullopt: any platform
  std::optional<std::int64_t> rssi;      // dBm or CSQ, as the firmware means it
  std::optional<std::int64_t> status;
  std::optional<std::string> firmware_version;  // a number keeps its own digits
  std::optional<std::string> user_id;           // a number keeps its own digits
  std::optional<double> longitude;              // degrees, -180 to 180
  std::optional<double> latitude;               // degrees, -90 to 90
  std::optional<std::string> summary;           // JSON text, as it came
  Leniencies leniencies;                        // of payload and ICCID together
  std::vector<std::string> issues;              // "field: what is wrong"
};

enum class RejectionReason : std::uint8_t {
  empty,          // no bytes but blanks
  too_large,      // more than max_bytes
  not_an_object,  // JSON of another kind
  truncated,      // ends before the object does
  invalid_json,
  too_deep,          // nested deeper than max_depth
  trailing_garbage,  // more text after the object
  bad_topic,         // matches no configured pattern
  not_applied,       // readable, but the store refused the decision: a fault of the daemon
  bad_card_state,    // not a report: a card state from a script, refused
};
inline constexpr auto rejection_reason_names = make_name_table<RejectionReason>(
    "empty", "too-large", "not-an-object", "truncated", "invalid-json", "too-deep",
    "trailing-garbage", "bad-topic", "not-applied", "bad-card-state");

struct Rejection {
  RejectionReason reason;
  std::size_t offset;     // bytes from the beginning of the payload
  std::string problem{};  // of bad_card_state: what is wrong, for a person
};

enum class PayloadKind : std::uint8_t {
  json,
  text,  // the payload is the ICCID itself
};
inline constexpr auto payload_kind_names = make_name_table<PayloadKind>("json", "text");

struct ReadOptions {
  std::size_t max_bytes = 65536;
  PayloadKind payload = PayloadKind::json;
  PayloadKeys keys{};
};

using ReportReading = std::variant<DeviceReport, Rejection>;

inline constexpr std::size_t max_report_depth = 64;

ReportReading read_report(std::string_view payload, const ReadOptions& options);

}  // namespace iotcard
