// SPDX-License-Identifier: Apache-2.0
// storm.h - Makes the reports of a fleet that powers up all at once, some of them with a fault of
// real firmware. The same seed always makes the same reports. Publishes nothing. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/name_table.h"
#include "domain/device.h"
#include "domain/iccid.h"

namespace iotcard {

// The faults that real firmware makes in a report; the daemon has a rule for each.
enum class Fault : std::uint8_t {
  bare,            // the ICCID without quotes
  filler,          // an F after the ICCID
  lower_case,      // the letters of the ICCID in lower case
  nibble_swapped,  // the two digits of each byte swapped, as the card stores them
  at_response,     // the whole response of the modem instead of the ICCID
  separators,      // blanks inside the ICCID
  trailing_comma,  // before the closing brace
  nan,             // as a coordinate
  bom,             // before the object
  trailing_bytes,  // a NUL after the object
  gb18030,         // a Chinese name in GB18030 instead of UTF-8
  missing_value,   // "iccid":,
  empty_iccid,
  wrong_platform,
  precision_lost,  // 8.98604E+19
  rounded,         // the ICCID as "%.0f" prints it
  eid,             // the EID of an eUICC, 32 digits, instead of the ICCID
  unknown_card,
  swapped,    // the card of the next device
  truncated,  // the end of the report is missing; such a report is rejected
};
inline constexpr auto fault_names = make_name_table<Fault>(
    "bare", "filler", "lower-case", "nibble-swapped", "at-response", "separators", "trailing-comma",
    "nan", "bom", "trailing-bytes", "gb18030", "missing-value", "empty-iccid", "wrong-platform",
    "precision-lost", "rounded", "eid", "unknown-card", "swapped", "truncated");

struct StormMember {
  DeviceKey device;
  Iccid iccid;
};

struct StormReport {
  DeviceKey device;
  std::string payload;  // one line
  std::optional<Fault> fault;
};

class Storm {
 public:
  // `members`: devices with cards of a store; if empty, `devices` of them are made up. `percent` of
  // the reports have one of `faults`.
  Storm(std::uint64_t seed, std::string product, std::int64_t devices,
        std::vector<StormMember> members, std::vector<Fault> faults, int percent);

  std::int64_t devices() const { return devices_; }
  StormMember member(std::int64_t index) const;   // index below devices()
  StormReport report(std::int64_t number) const;  // each device reports once before any repeats

 private:
  std::uint64_t random(std::uint64_t index, std::uint64_t purpose) const;
  Iccid made_up_iccid(std::int64_t index) const;

  const std::uint64_t seed_;
  const std::string product_;
  const std::int64_t devices_;
  const std::vector<StormMember> members_;
  const std::vector<Fault> faults_;
  const std::uint64_t percent_;
};

inline constexpr std::int64_t max_storm_devices = 10'000'000;
inline constexpr int storm_platform = 1;  // of the made-up cards

}  // namespace iotcard
