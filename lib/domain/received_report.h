// SPDX-License-Identifier: Apache-2.0
// received_report.h - One report as the broker delivered it, not yet read: one type from the intake
// journal to the list of rejected reports. A plain value; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/name_table.h"
#include "base/time.h"

namespace iotcard {

// How safe a report is before the broker gets its acknowledgement.
enum class IntakeSync : std::uint8_t {
  none,   // in the page cache: survives the process, not the power
  batch,  // on the disk within 100 ms
  each,   // on the disk at once: survives a power cut
};
inline constexpr auto intake_sync_names = make_name_table<IntakeSync>("none", "batch", "each");

struct ReceivedReport {
  std::string topic;       // at most 65535 bytes, as in MQTT
  std::string payload;     // cut at reports.max_bytes
  std::uint32_t size = 0;  // bytes of the payload before it was cut
  Instant arrival{};
  std::uint8_t qos = 0;
  bool retained = false;
  bool duplicate = false;  // the broker delivered it again

  bool is_cut() const { return size > payload.size(); }
  // Bytes that it takes in the store.
  std::int64_t stored_bytes() const {
    return static_cast<std::int64_t>(topic.size() + payload.size());
  }
};

}  // namespace iotcard
