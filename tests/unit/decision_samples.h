// SPDX-License-Identifier: Apache-2.0
// decision_samples.h - Devices, reports and mismatches for tests of decide().
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "domain/decision.h"

namespace iotcard::decision_samples {

inline constexpr Instant now = Instant{std::chrono::hours{500'000}};
inline const DeviceKey here{"1", "HERE"};
inline const DeviceKey there{"1", "THERE"};
inline constexpr const char* card_a = "898604293620C0000970";
inline constexpr const char* card_b = "898604293620C0000971";

inline Iccid iccid(const char* text) {
  return Iccid::from_canonical(text).value();
}

inline DeviceReport report_of(const char* token, std::optional<std::int64_t> platform = {}) {
  DeviceReport report;
  report.iccid = Iccid::read(token);
  report.platform = platform;
  return report;
}

// Of three reports so far.
inline Mismatch standing(Outcome outcome, const std::string& reported,
                         Instant last_seen = now - std::chrono::minutes{1}) {
  return {.id = 7,
          .device = here,
          .outcome = outcome,
          .reported = reported,
          .platform = {},
          .count = 3,
          .first_seen = now - std::chrono::hours{1},
          .last_seen = last_seen,
          .ended = {},
          .ended_by = {}};
}

}  // namespace iotcard::decision_samples
