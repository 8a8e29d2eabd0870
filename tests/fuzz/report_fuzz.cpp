// SPDX-License-Identifier: Apache-2.0
// Any bytes as a payload. Checked besides "no crash": a rejection points into the payload, an
// accepted ICCID is canonical and reads back as itself, what is kept is UTF-8; what was read,
// written as clean JSON, reads the same without a leniency or an issue; text inside strings is
// left alone, whatever it looks like and whatever is repaired beside it, except that raw control
// characters read as if they were escaped; and nothing behind max_bytes is looked at.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"
#include "domain/device_report.h"
#include "domain/json_scan.h"
#include "fuzz.h"

#if defined(__SANITIZE_ADDRESS__)
#define IOTCARD_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IOTCARD_ASAN
#endif
#endif
#ifdef IOTCARD_ASAN
#include <sanitizer/asan_interface.h>
#endif

using namespace iotcard;

namespace {

constexpr std::size_t no_limit = 1 << 20;

ReportReading read(std::string_view payload, std::size_t max_bytes = no_limit) {
  return read_report(payload, {.max_bytes = max_bytes});
}

DeviceReport read_accepted(std::string_view payload) {
  ReportReading reading = read(payload);
  require(std::holds_alternative<DeviceReport>(reading));
  return std::get<DeviceReport>(std::move(reading));
}

void check_iccid(const IccidReading& reading) {
  require(!(reading.iccid && reading.problem));
  if (reading.raw) require(is_utf8(*reading.raw) && reading.raw->size() <= 256);
  if (!reading.iccid) return;
  require(Iccid::from_canonical(reading.iccid->text()) == reading.iccid);
  const IccidReading again = Iccid::read(reading.iccid->text());
  require(again.iccid == reading.iccid && again.leniencies.empty());
}

std::string as_clean_json(const DeviceReport& report) {
  JsonText json;
  json.begin_object();
  json.key("iccid");
  if (report.iccid.iccid) {
    json.text(report.iccid.iccid->text());
  } else {
    json.null();
  }
  json.member("cardPlatformId", report.platform);
  json.member("rssi", report.rssi);
  json.member("status", report.status);
  json.member("firmwareVersion", report.firmware_version);
  json.member("userId", report.user_id);
  if (report.longitude) json.key("longitude").number(*report.longitude);
  if (report.latitude) json.key("latitude").number(*report.latitude);
  if (report.summary) json.key("summary").raw(*report.summary);
  json.end_object();
  return json.take();
}

void check_clean_json(const DeviceReport& report) {
  const DeviceReport again = read_accepted(as_clean_json(report));
  require(again.leniencies.empty() && again.issues.empty());
  require(again.iccid.iccid == report.iccid.iccid && !again.iccid.problem);
  require(again.platform == report.platform);
  require(again.rssi == report.rssi);
  require(again.status == report.status);
  require(again.firmware_version == report.firmware_version);
  require(again.user_id == report.user_id);
  require(again.longitude == report.longitude);
  require(again.latitude == report.latitude);
  // What is_control_or_bidi a terminal is written escaped.
  require(again.summary.has_value() == report.summary.has_value());
  if (report.summary) require(*again.summary == escape_hidden(*report.summary));
}

// Behind the member with the text, where a reader that looks ahead has been thrown off already,
// and before it.
void check_text_inside_strings(std::string_view bytes) {
  constexpr std::string_view iccid = "898604293620C0000970";
  const std::string text = replace_invalid_utf8(bytes);
  const std::string value = JsonText{}.text(text).take();
  const std::string inside =
      "\"nested\":{" + value + ":[" + value + "]},\"userId\":" + value + ",\"summary\":" + value;
  const auto check = [&](const std::string& payload, Leniencies expected) {
    const DeviceReport report = read_accepted(payload);
    require(report.iccid.iccid && report.iccid.iccid->text() == iccid);
    require(report.leniencies == expected && report.issues.empty());
    require(report.user_id == text);
    require(report.summary == value);
  };
  const std::string good = "\"iccid\":\"" + std::string{iccid} + '"';
  const std::string bare = "\"iccid\": " + std::string{iccid};
  check('{' + inside + ',' + good + '}', {});
  check('{' + good + ',' + inside + '}', {});
  check('{' + inside + ',' + bare + ",\"x\":[1,]}",
        {Leniency::unquoted_iccid, Leniency::trailing_comma});
  check('{' + bare + ",\"x\":-nan," + inside + ",}",
        {Leniency::unquoted_iccid, Leniency::non_finite_number, Leniency::trailing_comma});
}

// The same text with raw control characters in it, as firmware copies them.
void check_raw_controls(std::string_view bytes) {
  const std::string text = replace_invalid_utf8(bytes);
  std::string raw = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') raw += '\\';
    raw += c;
  }
  raw += '"';
  const bool has_controls = std::ranges::any_of(text, [](char c) { return c >= 0 && c < ' '; });
  const DeviceReport report = read_accepted(R"({"iccid":"898604293620C0000970","userId":)" + raw +
                                            ",\"summary\":" + raw + '}');
  require(report.iccid.iccid && report.issues.empty());
  require(report.leniencies ==
          (has_controls ? Leniencies{Leniency::control_characters} : Leniencies{}));
  require(report.user_id == text);
  require(report.summary == escape_controls_in_strings(raw));
}

void check_limit(std::string_view payload) {
  if (payload.empty()) return;
  const std::size_t limit = payload.size() - 1;
  const std::vector<char> copy(payload.begin(), payload.end());
#ifdef IOTCARD_ASAN
  ASAN_POISON_MEMORY_REGION(copy.data() + limit, 1);
#endif
  const ReportReading reading = read({copy.data(), copy.size()}, limit);
#ifdef IOTCARD_ASAN
  ASAN_UNPOISON_MEMORY_REGION(copy.data() + limit, 1);
#endif
  const auto* rejection = std::get_if<Rejection>(&reading);
  require(rejection != nullptr && rejection->reason == RejectionReason::too_large);
  require(rejection->offset == limit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload = as_text(data, size);
  check_limit(payload);
  check_text_inside_strings(payload);
  check_raw_controls(payload);
  const ReportReading reading = read(payload);
  if (const auto* rejection = std::get_if<Rejection>(&reading)) {
    require(rejection->offset <= payload.size());
    return 0;
  }
  const DeviceReport& report = std::get<DeviceReport>(reading);
  check_iccid(report.iccid);
  for (const auto* text : {&report.firmware_version, &report.user_id, &report.summary}) {
    require(!*text || is_utf8(**text));
  }
  check_clean_json(report);
  return 0;
}
