// SPDX-License-Identifier: Apache-2.0
// Turns the parser's events into a DeviceReport. One pass reads a payload that is valid JSON or
// broken only in its ICCID; if it fails, a second pass looks ahead at each value.
#include "domain/device_report.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "domain/json_scan.h"
#include "domain/report_handler.h"

namespace iotcard {
namespace {

// After the object: white space is ignored; control bytes, such as the NULs of a buffer and the
// Ctrl-Z that ends a modem's send command, are a leniency; anything else is garbage.
std::optional<Rejection> read_tail(std::string_view text, std::size_t at, DeviceReport& report) {
  for (; at < text.size(); ++at) {
    if (is_white_space(text[at])) continue;
    if (!is_control(text[at])) return Rejection{RejectionReason::trailing_garbage, at};
    report.leniencies.add(Leniency::trailing_bytes);
  }
  return std::nullopt;
}

// `first`: where the object begins.
template <bool Repair>
void parse(std::string_view text, std::size_t first, const PayloadKeys& keys,
           ReportReading& reading) {
  PayloadStream stream{text, first};
  DeviceReport& report = reading.emplace<DeviceReport>();
  ReportHandler<Repair> handler{stream, keys, report};
  thread_local rapidjson::Reader reader;  // keeps its stack
  // Recursive, and bounded by max_report_depth: the handler ends the parse there.
  const rapidjson::ParseResult result =
      reader.Parse<rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseStopWhenDoneFlag>(
          stream, handler);
  if (result) {
    handler.finish();
    if (const auto rejection = read_tail(text, stream.Tell(), report)) reading = *rejection;
  } else if (handler.too_deep()) {
    reading = Rejection{RejectionReason::too_deep, stream.Tell() - 1};
  } else if (stream.at_end()) {
    reading = Rejection{RejectionReason::truncated, text.size()};
  } else {
    reading = Rejection{RejectionReason::invalid_json, result.Offset()};
  }
}

// JSON of another kind than an object.
bool begins_value(std::string_view text) {
  constexpr std::string_view openers = "[\"-0123456789";
  return openers.find(text.front()) != std::string_view::npos || text.starts_with("null") ||
         text.starts_with("true") || text.starts_with("false");
}

// Some clients leave bytes of the packet before it, such as a packet identifier.
std::size_t skip_leading_bytes(std::string_view text) {
  const auto is_leading = [](char c) { return is_white_space(c) || is_control(c); };
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_leading) - text.begin());
}

void read_object(std::string_view text, std::size_t first, const PayloadKeys& keys,
                 ReportReading& reading) {
  if (text[first] != '{') {
    reading = Rejection{begins_value(text.substr(first)) ? RejectionReason::not_an_object
                                                         : RejectionReason::invalid_json,
                        first};
    return;
  }
  parse<false>(text, first, keys, reading);
  if (!std::holds_alternative<DeviceReport>(reading)) parse<true>(text, first, keys, reading);
  auto* const report = std::get_if<DeviceReport>(&reading);
  if (report != nullptr && !std::ranges::all_of(text.substr(0, first), is_white_space)) {
    report->leniencies.add(Leniency::leading_bytes);
  }
}

void read_text(std::string_view text, const ReadOptions& options, ReportReading& reading) {
  const std::size_t first = skip_leading_bytes(text);
  const auto is_blank = [](char c) { return is_white_space(c) || c == '\0'; };
  if (std::ranges::all_of(text, is_blank)) {
    reading = Rejection{RejectionReason::empty, 0};
  } else if (first == text.size()) {
    reading = Rejection{RejectionReason::invalid_json, skip_space(text, 0)};
  } else if (options.payload == PayloadKind::text) {
    DeviceReport& report = reading.emplace<DeviceReport>();
    report.iccid = Iccid::read(text);
    report.iccid_offset = first;
    report.leniencies = report.iccid.leniencies;
  } else {
    read_object(text, first, options.keys, reading);
  }
}

// From `first` on. The replacement has the same length, so that offsets stay correct.
void replace_lone_surrogates(std::string& text, std::size_t first) {
  constexpr std::string_view replacement = "\\ufffd";
  static_assert(replacement.size() == unicode_escape_bytes);
  for (; first != std::string::npos; first = find_lone_surrogate(text, first)) {
    text.replace(first, replacement.size(), replacement);
  }
}

}  // namespace

ReportReading read_report(std::string_view payload, const ReadOptions& options) {
  ReportReading reading;  // filled in place: moving it is expensive
  if (payload.size() > options.max_bytes) {
    reading = Rejection{RejectionReason::too_large, options.max_bytes};
    return reading;
  }
  Leniencies leniencies;
  std::string_view bytes = payload;
  if (skip_byte_order_mark(bytes)) leniencies.add(Leniency::bom);
  std::string decoded;
  std::size_t (*source)(std::string_view, std::size_t) = nullptr;
  if (!is_utf8(bytes)) {
    if (auto text = decode_gb18030(bytes)) {
      decoded = *std::move(text);
      source = source_of_gb18030;
      leniencies.add(Leniency::gb18030_text);
    } else {
      decoded = replace_invalid_utf8(bytes);
      source = source_of_replaced;
      leniencies.add(Leniency::invalid_utf8);
    }
  }
  std::string_view text = source != nullptr ? decoded : bytes;
  if (const std::size_t lone = find_lone_surrogate(text, 0); lone != std::string_view::npos) {
    if (source == nullptr) decoded = bytes;
    replace_lone_surrogates(decoded, lone);
    text = decoded;
    leniencies.add(Leniency::invalid_utf8);
  }
  read_text(text, options, reading);
  const auto move_to_payload = [&](std::size_t& offset) {
    if (source != nullptr) offset = source(bytes, offset);
    offset += payload.size() - bytes.size();
  };
  if (auto* report = std::get_if<DeviceReport>(&reading)) {
    report->leniencies.add(leniencies);
    if (report->iccid_offset != no_offset) move_to_payload(report->iccid_offset);
  } else {
    move_to_payload(std::get<Rejection>(reading).offset);
  }
  return reading;
}

}  // namespace iotcard
