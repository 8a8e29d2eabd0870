// SPDX-License-Identifier: Apache-2.0
// journal_record.h - One report as it came from the broker, and its form in the intake journal: a
// header of 28 bytes (magic, CRC-32, arrival, sizes, flags; little-endian), topic, payload.
// A record that does not carry its own checksum is damage, and what follows can be found again
// by its magic. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "store/store.h"

namespace iotcard {

struct RawReport {
  std::string_view topic;    // at most 65535 bytes, as MQTT has it
  std::string_view payload;  // what is kept of it
  std::uint32_t size = 0;    // bytes of the payload as it came
  Instant arrival;
  std::uint8_t qos = 0;
  bool retained = false;
  bool duplicate = false;  // the broker delivers it again
};

// The same with its own memory, read back.
struct JournalRecord {
  std::string topic;
  std::string payload;
  std::uint32_t size = 0;
  Instant arrival;
  std::uint8_t qos = 0;
  bool retained = false;
  bool duplicate = false;
  JournalPosition end;  // behind the record
};

inline constexpr std::size_t record_header_bytes = 28;
inline constexpr std::string_view record_magic = "IOT1";

// Header into `header`; topic and payload follow it as they are.
void encode_header(const RawReport& report, char (&header)[record_header_bytes]);

struct DecodedRecord {
  JournalRecord record;
  std::size_t bytes;  // that it takes, the header included
};
// The record at the begin of `bytes`. nullopt: damaged, or not all of it is there; `wanted` then
// says how many bytes it claims to have, 0 if its header makes no sense.
std::optional<DecodedRecord> decode_record(std::string_view bytes, std::size_t& wanted);

}  // namespace iotcard
