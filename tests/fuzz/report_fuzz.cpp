// SPDX-License-Identifier: Apache-2.0
// Any bytes as a payload. Checked besides "no crash": a rejection points into the payload, an
// accepted ICCID is canonical and reads back as itself, what is kept is UTF-8, the summary reads
// back as it was kept, and a payload that needed no repair is read the same with its blanks gone.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "domain/device_report.h"
#include "domain/utf8.h"

using namespace iotcard;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_iccid(const IccidReading& reading) {
  require(!(reading.iccid && reading.problem));
  if (reading.raw) require(is_utf8(*reading.raw) && reading.raw->size() <= 256);
  if (!reading.iccid) return;
  const std::string_view text = reading.iccid->text();
  require(Iccid::from_canonical(text) == reading.iccid);
  const IccidReading again = Iccid::read(text);
  require(again.iccid == reading.iccid && again.leniencies.empty());
  luhn(*reading.iccid);
  if (looks_rounded(*reading.iccid)) {
    const IccidRange range = rounding_range(*reading.iccid);
    require(range.first <= text && text <= range.last && range.first.size() == text.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload{reinterpret_cast<const char*>(data), size};
  const ReportReading reading = read_report(payload, {.max_bytes = 4096, .iccid_keys = {"iccid"}});
  if (const auto* rejection = std::get_if<Rejection>(&reading)) {
    require(rejection->offset <= payload.size());
    return 0;
  }
  const DeviceReport& report = std::get<DeviceReport>(reading);
  check_iccid(report.iccid);
  for (const auto* text : {&report.firmware_version, &report.user_id, &report.summary}) {
    require(!*text || is_utf8(**text));
  }
  if (report.summary) {
    const std::string wrapped = "{\"summary\":" + *report.summary + "}";
    const ReportReading again = read_report(wrapped, {});
    require(std::holds_alternative<DeviceReport>(again));
    require(std::get<DeviceReport>(again).summary == report.summary);
  }
  return 0;
}
