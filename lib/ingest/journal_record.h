// SPDX-License-Identifier: Apache-2.0
// journal_record.h - The form of a report in the intake journal: a header of 28 bytes (magic,
// CRC-32, arrival, sizes, flags; little-endian), topic, payload. A record with a wrong checksum is
// damage; the records behind it are found again by their magic. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "domain/received_report.h"

namespace iotcard {

inline constexpr std::size_t record_header_bytes = 28;
inline constexpr std::string_view record_magic = "IOT1";

// Topic and payload follow the header unchanged.
void encode_header(const ReceivedReport& report, char (&header)[record_header_bytes]);

struct DecodedRecord {
  ReceivedReport report;
  std::size_t bytes;  // of the record, with its header
};
// The record at the beginning of `bytes`. nullopt: it is damaged or incomplete; `wanted` is then
// the size that it claims, or 0 if its header is invalid.
std::optional<DecodedRecord> decode_record(std::string_view bytes, std::size_t& wanted);

}  // namespace iotcard
