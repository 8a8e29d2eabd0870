// SPDX-License-Identifier: Apache-2.0
#include "ingest/journal_record.h"

#include <zlib.h>

#include <bit>
#include <cstring>

namespace iotcard {
namespace {

static_assert(std::endian::native == std::endian::little, "the journal is written little-endian");

// Byte offsets in the header. The checksum covers all that follows it.
constexpr std::size_t crc_at = 4;
constexpr std::size_t arrival_at = 8;
constexpr std::size_t payload_bytes_at = 16;
constexpr std::size_t size_at = 20;
constexpr std::size_t topic_bytes_at = 24;
constexpr std::size_t flags_at = 26;

constexpr std::uint16_t qos_bits = 0x3;
constexpr std::uint16_t retained_bit = 0x4;
constexpr std::uint16_t duplicate_bit = 0x8;

template <typename Number>
void put(char* header, std::size_t at, Number value) {
  std::memcpy(header + at, &value, sizeof value);
}

template <typename Number>
Number get(std::string_view bytes, std::size_t at) {
  Number value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::uint32_t checksum(std::string_view header_rest, std::string_view topic,
                       std::string_view payload) {
  uLong crc = crc32(0, nullptr, 0);
  for (const std::string_view part : {header_rest, topic, payload}) {
    crc = crc32(crc, reinterpret_cast<const Bytef*>(part.data()), static_cast<uInt>(part.size()));
  }
  return static_cast<std::uint32_t>(crc);
}

}  // namespace

void encode_header(const ReceivedReport& report, char (&header)[record_header_bytes]) {
  std::memcpy(header, record_magic.data(), record_magic.size());
  put(header, arrival_at, to_unix_micros(report.arrival));
  put(header, payload_bytes_at, static_cast<std::uint32_t>(report.payload.size()));
  put(header, size_at, report.size);
  put(header, topic_bytes_at, static_cast<std::uint16_t>(report.topic.size()));
  put(header, flags_at,
      static_cast<std::uint16_t>((report.qos & qos_bits) | (report.retained ? retained_bit : 0) |
                                 (report.duplicate ? duplicate_bit : 0)));
  put(header, crc_at,
      checksum({header + arrival_at, record_header_bytes - arrival_at}, report.topic,
               report.payload));
}

std::optional<DecodedRecord> decode_record(std::string_view bytes, std::size_t& wanted) {
  wanted = 0;
  if (bytes.size() < record_header_bytes) {
    if (record_magic.starts_with(bytes.substr(0, record_magic.size())))
      wanted = record_header_bytes;
    return std::nullopt;
  }
  if (!bytes.starts_with(record_magic)) return std::nullopt;
  const auto topic_bytes = get<std::uint16_t>(bytes, topic_bytes_at);
  const auto payload_bytes = get<std::uint32_t>(bytes, payload_bytes_at);
  const std::size_t total = record_header_bytes + topic_bytes + std::size_t{payload_bytes};
  wanted = total;
  if (bytes.size() < total) return std::nullopt;
  const std::string_view topic = bytes.substr(record_header_bytes, topic_bytes);
  const std::string_view payload = bytes.substr(record_header_bytes + topic_bytes, payload_bytes);
  const std::string_view header_rest = bytes.substr(arrival_at, record_header_bytes - arrival_at);
  if (get<std::uint32_t>(bytes, crc_at) != checksum(header_rest, topic, payload)) {
    wanted = 0;
    return std::nullopt;
  }
  const auto flags = get<std::uint16_t>(bytes, flags_at);
  return DecodedRecord{
      {std::string{topic}, std::string{payload}, get<std::uint32_t>(bytes, size_at),
       from_unix_micros(get<std::int64_t>(bytes, arrival_at)),
       static_cast<std::uint8_t>(flags & qos_bits), (flags & retained_bit) != 0,
       (flags & duplicate_bit) != 0},
      total};
}

}  // namespace iotcard
