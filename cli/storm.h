// SPDX-License-Identifier: Apache-2.0
// storm.h - The reports of a fleet that powers up all at once, with broken spellings. The same seed
// always gives the same reports. Publishes nothing. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/name_table.h"
#include "domain/device.h"
#include "domain/iccid.h"

namespace iotcard {

// What real firmware does to a report. Each is read, matched or rejected by its own rule.
enum class Fault : std::uint8_t {
  bare,            // the ICCID without quotes
  filler,          // F behind it
  lower_case,      // where it has letters
  nibble_swapped,  // the card file's order
  at_response,     // the modem's whole answer
  separators,      // blanks inside
  trailing_comma,
  nan,  // a coordinate
  bom,
  trailing_bytes,  // a NUL behind the object
  gb18030,         // a Chinese name in its own encoding
  missing_value,   // "iccid":,
  empty_iccid,
  wrong_platform,
  precision_lost,  // 8.98604E+19
  rounded,         // what "%.0f" prints of it
  eid,             // 32 digits
  unknown_card,
  swapped,    // the card of the next device
  truncated,  // rejected
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
  // `members` from a store; if empty, `devices` of them are made up. `percent` of the reports have
  // one of the faults.
  Storm(std::uint64_t seed, std::string product, std::int64_t devices,
        std::vector<StormMember> members, std::vector<Fault> faults, int percent);

  std::int64_t devices() const { return devices_; }
  StormMember member(std::int64_t index) const;   // index below devices()
  StormReport report(std::int64_t number) const;  // the devices report in turn

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
