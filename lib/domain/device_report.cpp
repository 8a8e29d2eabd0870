// SPDX-License-Identifier: Apache-2.0
// Turns the parser's events into a DeviceReport. One pass reads a payload that is valid JSON or
// broken only in its ICCID; if it fails, a second pass looks ahead at each value.
#include "domain/device_report.h"

#include <rapidjson/reader.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"
#include "domain/iccid_value.h"
#include "domain/json_scan.h"
#include "domain/payload_stream.h"
#include "domain/report_fields.h"

// RapidJSON copies the plain part of a string at once for its own streams only. For other streams
// it takes some 25 instructions for each byte, and most of a report is strings.
template <>
template <>
inline void rapidjson::Reader::ScanCopyUnescapedString(
    iotcard::PayloadStream& stream, rapidjson::Reader::StackStream<char>& string) {
  const std::string_view plain = stream.take_plain();
  if (plain.empty()) return;
  std::memcpy(string.Push(static_cast<SizeType>(plain.size())), plain.data(), plain.size());
}

namespace iotcard {
namespace {

constexpr std::string_view null_literal = "null";

// Receives the parser's events. With `Repair` it looks ahead for bytes that JSON does not allow.
template <bool Repair>
class ReportHandler
    : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, ReportHandler<Repair>> {
 public:
  ReportHandler(PayloadStream& stream, const ReadOptions& options, DeviceReport& report)
      : stream_(stream), options_(options), report_(report) {}

  bool Null() {
    if (Repair && !oversize_number_.empty()) {
      const std::string_view number = std::exchange(oversize_number_, {});
      return scalar(ScalarValue::Kind::number, number);
    }
    return scalar(ScalarValue::Kind::null, {});
  }
  bool Bool(bool) { return scalar(ScalarValue::Kind::other, {}); }
  // All numbers come as text.
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    return scalar(ScalarValue::Kind::number, {text, length});
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return scalar(ScalarValue::Kind::text, {text, length});
  }

  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (!Repair && depth_ != 1) return true;
    const auto value = value_behind_key(stream_.payload(), stream_.Tell());
    if (!value) return true;  // the parser will say what is missing
    if (depth_ == 1 && top_level_key({text, length}, *value)) return true;
    if constexpr (Repair) look_at_value(*value);
    return true;
  }

  bool StartObject() { return open(false); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() {
    if (!open(true)) return false;
    if constexpr (Repair) look_at_value(skip_space(stream_.payload(), stream_.Tell()));
    return true;
  }
  bool EndArray(rapidjson::SizeType) { return close(); }

  bool too_deep() const { return too_deep_; }
  void finish() {
    if (iccid_) report_.iccid = *std::move(iccid_);
    report_.leniencies.add(report_.iccid.leniencies);
  }

 private:
  struct Edit {  // in the kept text
    std::size_t first;
    std::size_t last;
    std::string_view text;
  };

  // True if the value is handled.
  bool top_level_key(std::string_view key, std::size_t value) {
    const auto names_iccid = [&](const std::string& name) {
      return equal_ignoring_case(name, key);
    };
    if (std::ranges::any_of(options_.iccid_keys, names_iccid)) {
      return iccid_member(value);
    }
    field_ = find_report_field(key);
    if (field_ == ReportField::summary) {
      summary_first_ = value;
      edits_.clear();
    }
    return false;
  }

  bool iccid_member(std::size_t at) {
    const IccidValue value = find_iccid_value(stream_.payload(), at);
    switch (value.form) {
      case IccidValue::Form::json:
        iccid_follows_ = true;
        return stream_.payload()[at] != '[' && stream_.payload()[at] != '{';
      case IccidValue::Form::endless:
        stream_.substitute(at, stream_.payload().size(), {});
        return true;
      case IccidValue::Form::missing:
      case IccidValue::Form::non_finite:
        report_.leniencies.add(value.form == IccidValue::Form::missing
                                   ? Leniency::missing_value
                                   : Leniency::non_finite_number);
        add_iccid({});
        break;
      case IccidValue::Form::bare:
      case IccidValue::Form::quoted:
        add_iccid(Iccid::read(value.token, value.form == IccidValue::Form::quoted));
        break;
    }
    stream_.substitute(value.first, value.last, null_literal);
    return true;
  }

  void add_iccid(IccidReading reading) {
    if (!iccid_) {
      iccid_ = std::move(reading);
      return;
    }
    const bool same = iccid_->iccid == reading.iccid && iccid_->problem == reading.problem &&
                      (!reading.problem || iccid_->raw == reading.raw);
    iccid_->leniencies.add(reading.leniencies);
    if (!same) {
      iccid_->iccid.reset();
      iccid_->problem = IccidProblem::conflicting;
    }
  }

  void add_iccid_of_wrong_type() {
    IccidReading reading;
    reading.problem = IccidProblem::wrong_type;
    add_iccid(std::move(reading));
  }

  bool scalar(ScalarValue::Kind kind, std::string_view text) {
    if (depth_ == 0) return false;  // not an object
    if (depth_ == 1) top_level_scalar({kind, text});
    after_value();
    return true;
  }

  void top_level_scalar(const ScalarValue& value) {
    if (std::exchange(iccid_follows_, false)) {
      switch (value.kind) {
        case ScalarValue::Kind::text:
        case ScalarValue::Kind::number:
          return add_iccid(Iccid::read(value.text, value.kind == ScalarValue::Kind::text));
        case ScalarValue::Kind::other:
          return add_iccid_of_wrong_type();
        case ScalarValue::Kind::null:
          return add_iccid({});
      }
    }
    set_report_field(report_, field_, value);
    end_of_member();
  }

  // Behind a top-level member's value.
  void end_of_member() {
    if (field_ == ReportField::summary) keep_summary();
    field_ = ReportField::other;
  }

  void keep_summary() {
    const std::size_t last = stream_.Tell();
    std::string kept;
    std::size_t at = summary_first_;
    for (const Edit& edit : edits_) {
      kept.append(stream_.payload().substr(at, edit.first - at)).append(edit.text);
      at = edit.last;
    }
    kept.append(stream_.payload().substr(at, last - at));
    report_.summary = std::move(kept);
  }

  bool open(bool array) {
    if (depth_ == max_report_depth) {
      too_deep_ = true;
      return false;
    }
    if (depth_ == 0 && array) return false;  // not an object
    if (depth_ == 1) {
      if (std::exchange(iccid_follows_, false)) {
        add_iccid_of_wrong_type();
      } else if (field_ != ReportField::summary) {
        set_report_field(report_, field_, {ScalarValue::Kind::other, {}});
        field_ = ReportField::other;
      }
    }
    in_array_[depth_++] = array;
    return true;
  }

  bool close() {
    if (--depth_ == 1) end_of_member();
    if (depth_ > 0) after_value();
    return true;
  }

  // Behind a value: a comma with nothing after it goes; in an array the next value comes.
  void after_value() {
    if constexpr (Repair) {
      const std::string_view payload = stream_.payload();
      const std::size_t comma = skip_space(payload, stream_.Tell());
      if (comma == payload.size() || payload[comma] != ',') return;
      const std::size_t next = skip_space(payload, comma + 1);
      if (next == payload.size()) return;
      const bool in_array = in_array_[depth_ - 1];
      if (payload[next] == (in_array ? ']' : '}')) {
        report_.leniencies.add(Leniency::trailing_comma);
        put(comma, comma + 1, {}, {});
      } else if (in_array) {
        look_at_value(next);
      }
    }
  }

  void look_at_value(std::size_t at) {
    const std::string_view payload = stream_.payload();
    if (const std::size_t length = non_finite_length(payload, at)) {
      report_.leniencies.add(Leniency::non_finite_number);
      put(at, at + length, null_literal, null_literal);
    } else if (const std::size_t digits = oversize_number_length(payload, at)) {
      // Legal JSON that the parser would refuse: it sees null, the text stays.
      oversize_number_ = payload.substr(at, digits);
      put(at, at + digits, null_literal, oversize_number_);
    }
  }

  void put(std::size_t first, std::size_t last, std::string_view seen, std::string_view kept) {
    stream_.substitute(first, last, seen);
    edits_.push_back({first, last, kept});
  }

  PayloadStream& stream_;
  const ReadOptions& options_;
  DeviceReport& report_;
  std::optional<IccidReading> iccid_;
  ReportField field_ = ReportField::other;  // whose value comes next
  bool iccid_follows_ = false;              // the next value is an ICCID's
  std::size_t depth_ = 0;
  bool in_array_[max_report_depth] = {};
  bool too_deep_ = false;
  std::size_t summary_first_ = 0;
  std::vector<Edit> edits_;
  std::string_view oversize_number_;
};

// After the object: white space is ignored; NULs of a buffer and the Ctrl-Z that ends a modem's
// send command are a leniency; anything else is garbage.
std::optional<Rejection> read_tail(std::string_view text, std::size_t at, DeviceReport& report) {
  for (; at < text.size(); ++at) {
    if (is_white_space(text[at])) continue;
    if (text[at] != '\0' && text[at] != '\x1A')
      return Rejection{RejectionReason::trailing_garbage, at};
    report.leniencies.add(Leniency::trailing_bytes);
  }
  return std::nullopt;
}

template <bool Repair>
void parse(std::string_view text, const ReadOptions& options, ReportReading& reading) {
  PayloadStream stream{text};
  DeviceReport& report = reading.emplace<DeviceReport>();
  ReportHandler<Repair> handler{stream, options, report};
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

void read_text(std::string_view text, const ReadOptions& options, ReportReading& reading) {
  const auto is_blank = [](char c) { return is_white_space(c) || c == '\0'; };
  if (std::ranges::all_of(text, is_blank)) {
    reading = Rejection{RejectionReason::empty, 0};
    return;
  }
  const std::size_t first = skip_space(text, 0);
  if (text[first] != '{') {
    reading = Rejection{begins_value(text.substr(first)) ? RejectionReason::not_an_object
                                                         : RejectionReason::invalid_json,
                        first};
    return;
  }
  parse<false>(text, options, reading);
  if (!std::holds_alternative<DeviceReport>(reading)) parse<true>(text, options, reading);
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
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  ReportReading reading;  // filled in place: moving it is expensive
  if (payload.size() > options.max_bytes) {
    reading = Rejection{RejectionReason::too_large, options.max_bytes};
    return reading;
  }
  Leniencies leniencies;
  std::string_view bytes = payload;
  if (bytes.starts_with(byte_order_mark)) {
    bytes.remove_prefix(byte_order_mark.size());
    leniencies.add(Leniency::bom);
  }
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
  if (auto* report = std::get_if<DeviceReport>(&reading)) {
    report->leniencies.add(leniencies);
  } else {
    Rejection& rejection = std::get<Rejection>(reading);
    if (source != nullptr) rejection.offset = source(bytes, rejection.offset);
    rejection.offset += payload.size() - bytes.size();
  }
  return reading;
}

}  // namespace iotcard
