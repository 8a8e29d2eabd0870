// SPDX-License-Identifier: Apache-2.0
// reports_section.h - Reads [reports] and each [[reports.source]]. For config.cpp only.
#pragma once

#include "config/config.h"
#include "toml/section_reader.h"

namespace iotcard {

// What a packet needs besides the payload, in bytes: a topic of 64 KiB, headers and a few
// properties.
inline constexpr std::int64_t packet_overhead = std::int64_t{72} << 10;

void read_reports(SectionReader section, const BrokerSettings& broker, ReportsConfig& reports,
                  ConfigMistakes& mistakes);

}  // namespace iotcard
