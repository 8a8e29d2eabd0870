// SPDX-License-Identifier: Apache-2.0
// report_handler.h - Turns the JSON parser's events into a DeviceReport, and looks ahead where JSON
// does not say what firmware prints. For device_report.cpp only; one thread.
#pragma once

#include <rapidjson/reader.h>

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/device_report.h"
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
  const auto push = [&](std::string_view text) {
    if (text.empty()) return;
    std::memcpy(string.Push(static_cast<SizeType>(text.size())), text.data(), text.size());
  };
  push(stream.take_plain());
  if (!stream.allows_controls()) return;
  for (std::string_view controls = stream.take_controls(); !controls.empty();
       controls = stream.take_controls()) {
    push(controls);
    push(stream.take_plain());
  }
}

namespace iotcard {

// Receives the parser's events. With `Repair` it looks ahead for bytes that JSON does not allow.
template <bool Repair>
class ReportHandler
    : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, ReportHandler<Repair>> {
 public:
  ReportHandler(PayloadStream& stream, const PayloadKeys& keys, DeviceReport& report)
      : stream_(stream), keys_(keys), report_(report), child_(keys.all_pointers()) {
    if constexpr (Repair) stream.allow_controls();
  }

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
    const std::string_view name{text, length};
    const Pointers here = pointers_[depth_];
    child_ = here == 0 ? 0 : keys_.descend(here, depth_ - 1, name);
    const PayloadKeys::Key* const key = find_key(name);
    if (key == nullptr && depth_ == 1) field_ = find_report_field(name);
    const bool begins_summary = depth_ == 1 && field_ == ReportField::summary;
    if (!Repair && key == nullptr && !begins_summary) return true;
    const auto value = value_behind_key(stream_.payload(), stream_.Tell());
    if (!value) return true;  // the parser will say what is missing
    if (begin_member(key, *value)) return true;
    if constexpr (Repair) look_at_value(*value);
    return true;
  }

  bool StartObject() { return open(false); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool StartArray() {
    if (!open(true)) return false;
    if (Repair || pointers_[depth_] != 0) {
      begin_element(skip_space(stream_.payload(), stream_.Tell()));
    }
    return true;
  }
  bool EndArray(rapidjson::SizeType) { return close(); }

  bool too_deep() const { return too_deep_; }
  void finish() {
    if (iccid_) report_.iccid = *std::move(iccid_);
    report_.leniencies.add(report_.iccid.leniencies);
    if (stream_.took_controls()) report_.leniencies.add(Leniency::control_characters);
  }

 private:
  struct Edit {  // in the kept text
    std::size_t first;
    std::size_t last;
    std::string_view text;
  };

  // The configured key that leads to the member of this name; null: none.
  const PayloadKeys::Key* find_key(std::string_view name) const {
    const PayloadKeys::Key* const key = child_ == 0 ? nullptr : keys_.find_end(child_, depth_);
    return key == nullptr && depth_ == 1 ? keys_.find_name(name) : key;
  }

  // The value of a member comes next. True if it is handled.
  bool begin_member(const PayloadKeys::Key* key, std::size_t value) {
    if (key != nullptr) return begin_keyed(*key, value, false);
    if (depth_ == 1 && field_ == ReportField::summary) {
      summary_first_ = value;
      edits_.clear();
    }
    return false;
  }

  // An element of an array comes next, if not its end.
  void begin_element(std::size_t at) {
    const Pointers here = pointers_[depth_];
    child_ = 0;
    if (here != 0) {
      child_ = keys_.descend(here, depth_ - 1, std::to_string(elements_[depth_]++));
      const PayloadKeys::Key* const key = keys_.find_end(child_, depth_);
      const bool is_end = at == stream_.payload().size() || stream_.payload()[at] == ']';
      if (key != nullptr && !is_end && begin_keyed(*key, at, true)) return;
    }
    if constexpr (Repair) look_at_value(at);
  }

  // The value that a configured key leads to. True if it is handled.
  bool begin_keyed(const PayloadKeys::Key& key, std::size_t value, bool in_array) {
    follows_ = &key;
    if (key.role != KeyRole::iccid) return false;
    iccid_at_ = value;
    return iccid_value(value, in_array);
  }

  bool iccid_value(std::size_t at, bool in_array) {
    const IccidValue value = find_iccid_value(stream_.payload(), at, in_array);
    switch (value.form) {
      case IccidValue::Form::json:
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
    follows_ = nullptr;
    put(value.first, value.last, "null", "null");
    return true;
  }

  void add_iccid(IccidReading reading) {
    if (!iccid_) {
      report_.iccid_key = follows_->text;
      report_.iccid_offset = iccid_at_;
      iccid_ = std::move(reading);
      return;
    }
    iccid_->leniencies.add(reading.leniencies);
    if (reading.absent()) return;  // an empty slot beside another one
    if (iccid_->absent()) {
      report_.iccid_key = follows_->text;
      report_.iccid_offset = iccid_at_;
      reading.leniencies = iccid_->leniencies;
      iccid_ = std::move(reading);
      return;
    }
    const bool same = iccid_->iccid == reading.iccid && iccid_->problem == reading.problem &&
                      (!reading.problem || iccid_->raw == reading.raw);
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
    if (follows_ != nullptr) {
      keyed_value({kind, text});
    } else if (depth_ == 1) {
      set_report_field(report_, field_, {kind, text});
    }
    if (depth_ == 1) end_of_member();
    after_value();
    return true;
  }

  void keyed_value(const ScalarValue& value) {
    using Kind = ScalarValue::Kind;
    if (follows_->role == KeyRole::iccid) {
      if (value.kind == Kind::other) {
        add_iccid_of_wrong_type();
      } else if (value.kind == Kind::null) {
        add_iccid({});
      } else {
        add_iccid(Iccid::read(value.text, value.kind == Kind::text));
      }
    } else if (follows_->role == KeyRole::imei) {
      set_imei(report_, value);
    } else {
      set_report_field(report_, ReportField::platform, value);
    }
    follows_ = nullptr;
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
    report_.summary = stream_.took_controls() ? escape_controls_in_strings(kept) : std::move(kept);
  }

  bool open(bool array) {
    if (depth_ == max_report_depth) {
      too_deep_ = true;
      return false;
    }
    if (depth_ == 0 && array) return false;  // not an object
    if (follows_ != nullptr && !keys_.leads_on(child_, depth_)) {
      keyed_value({ScalarValue::Kind::other, {}});
    } else if (depth_ == 1 && follows_ == nullptr && field_ != ReportField::summary) {
      set_report_field(report_, field_, {ScalarValue::Kind::other, {}});
      field_ = ReportField::other;
    }
    follows_ = nullptr;
    in_array_[depth_++] = array;
    pointers_[depth_] = child_;
    elements_[depth_] = 0;
    return true;
  }

  bool close() {
    if (--depth_ == 1) end_of_member();
    if (depth_ > 0) after_value();
    return true;
  }

  // Behind a value: a comma with nothing after it goes; in an array the next value comes.
  void after_value() {
    const bool in_array = in_array_[depth_ - 1];
    if (!Repair && (!in_array || pointers_[depth_] == 0)) return;
    const std::string_view payload = stream_.payload();
    const std::size_t comma = skip_space(payload, stream_.Tell());
    if (comma == payload.size() || payload[comma] != ',') return;
    const std::size_t next = skip_space(payload, comma + 1);
    if (next == payload.size()) return;
    if (payload[next] == (in_array ? ']' : '}')) {
      if constexpr (Repair) {
        report_.leniencies.add(Leniency::trailing_comma);
        put(comma, comma + 1, {}, {});
      }
    } else if (in_array) {
      begin_element(next);
    }
  }

  void look_at_value(std::size_t at) {
    const std::string_view payload = stream_.payload();
    if (const std::size_t length = non_finite_length(payload, at)) {
      report_.leniencies.add(Leniency::non_finite_number);
      put(at, at + length, "null", "null");
    } else if (const std::size_t digits = oversize_number_length(payload, at)) {
      // Legal JSON that the parser would refuse: it sees null, the text stays.
      oversize_number_ = payload.substr(at, digits);
      put(at, at + digits, "null", oversize_number_);
    }
  }

  void put(std::size_t first, std::size_t last, std::string_view seen, std::string_view kept) {
    stream_.substitute(first, last, seen);
    if (field_ == ReportField::summary) edits_.push_back({first, last, kept});
  }

  using Pointers = PayloadKeys::Pointers;

  PayloadStream& stream_;
  const PayloadKeys& keys_;
  DeviceReport& report_;
  std::optional<IccidReading> iccid_;
  std::size_t iccid_at_ = no_offset;           // the last value that a key of ICCIDs led to
  ReportField field_ = ReportField::other;     // whose value comes next
  const PayloadKeys::Key* follows_ = nullptr;  // that led to the value that comes next
  Pointers child_;                             // that lead to it, or through it
  std::size_t depth_ = 0;
  // Of each open object and array, from 1.
  bool in_array_[max_report_depth] = {};
  Pointers pointers_[max_report_depth + 1];       // that lead through it
  std::uint32_t elements_[max_report_depth + 1];  // of an array: how many have begun
  bool too_deep_ = false;
  std::size_t summary_first_ = 0;
  std::vector<Edit> edits_;
  std::string_view oversize_number_;
};

}  // namespace iotcard
