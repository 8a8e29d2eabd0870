// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cassert>
#include <cmath>
#include <cstring>

#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

rapidjson::SizeType size_of(std::string_view text) {
  return static_cast<rapidjson::SizeType>(text.size());
}

}  // namespace

std::string quoted_json(std::string_view text) {
  if (!is_json_safe(text)) return JsonText{}.text(text).take();
  std::string quoted;
  quoted.reserve(text.size() + 2);
  return quoted.append(1, '"').append(text).append(1, '"');
}

struct JsonText::Writer {
  // RawValue() copies single characters, and most of an event is raw data.
  struct Json : rapidjson::Writer<rapidjson::StringBuffer> {
    using rapidjson::Writer<rapidjson::StringBuffer>::Writer;
    void whole(std::string_view value) {
      Prefix(rapidjson::kObjectType);  // writes the punctuation, the same for all types
      std::memcpy(os_->Push(value.size()), value.data(), value.size());
    }
    // String() checks single characters, and most texts need no escape.
    void bare(std::string_view value) {
      Prefix(rapidjson::kStringType);
      char* const quoted = os_->Push(value.size() + 2);
      quoted[0] = quoted[value.size() + 1] = '"';
      if (!value.empty()) std::memcpy(quoted + 1, value.data(), value.size());
    }
  };
  static constexpr std::size_t usual_size = 1000;  // of an event, so that the buffer rarely grows
  static constexpr std::size_t most_kept = 64 * 1024;
  rapidjson::StringBuffer buffer{nullptr, usual_size};
  Json json{buffer};
};

namespace {

// The buffers of the thread's last text are used again: each event has one.
thread_local std::unique_ptr<JsonText::Writer> spare;

}  // namespace

JsonText::JsonText() : writer_(spare ? std::move(spare) : std::make_unique<Writer>()) {}

JsonText::~JsonText() {
  if (!writer_ || writer_->buffer.GetSize() > Writer::most_kept) return;
  writer_->buffer.Clear();
  writer_->json.Reset(writer_->buffer);
  spare = std::move(writer_);
}

JsonText::JsonText(JsonText&&) noexcept = default;
JsonText& JsonText::operator=(JsonText&&) noexcept = default;

JsonText& JsonText::begin_object() {
  writer_->json.StartObject();
  return *this;
}

JsonText& JsonText::end_object() {
  writer_->json.EndObject();
  return *this;
}

JsonText& JsonText::begin_array() {
  writer_->json.StartArray();
  return *this;
}

JsonText& JsonText::end_array() {
  writer_->json.EndArray();
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  assert(is_json_safe(name));
  writer_->json.bare(name);
  return *this;
}

JsonText& JsonText::null() {
  writer_->json.Null();
  return *this;
}

JsonText& JsonText::boolean(bool value) {
  writer_->json.Bool(value);
  return *this;
}

JsonText& JsonText::integer(std::int64_t value) {
  writer_->json.Int64(value);
  return *this;
}

JsonText& JsonText::number(double value) {
  if (!std::isfinite(value)) return null();  // JSON has no other way to say it
  writer_->json.Double(value);
  return *this;
}

JsonText& JsonText::text(std::string_view value) {
  if (is_json_safe(value)) {
    writer_->json.bare(value);
    return *this;
  }
  if (has_hidden(value)) {  // RapidJSON escapes what is below U+0020 only
    Writer quoted;
    quoted.json.String(value.data(), size_of(value));
    const std::string safe = escape_hidden({quoted.buffer.GetString(), quoted.buffer.GetSize()});
    writer_->json.RawValue(safe.data(), safe.size(), rapidjson::kStringType);
    return *this;
  }
  writer_->json.String(value.data(), size_of(value));
  return *this;
}

JsonText& JsonText::raw(std::string_view json) {
  has_hidden(json) ? writer_->json.whole(escape_hidden(json)) : writer_->json.whole(json);
  return *this;
}

std::string_view JsonText::view() const {
  return {writer_->buffer.GetString(), writer_->buffer.GetSize()};
}

}  // namespace iotcard
