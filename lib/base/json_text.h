// SPDX-License-Identifier: Apache-2.0
// json_text.h - Writes one JSON value as a line of text, without the JSON library in headers. Texts
// must be valid UTF-8. Not a document: nothing can be read back or changed.
// One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace iotcard {

// null in place of "".
inline std::optional<std::string_view> or_null(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

std::string quoted_json(std::string_view text);

class JsonText {
 public:
  JsonText();
  ~JsonText();
  JsonText(JsonText&&) noexcept;
  JsonText& operator=(JsonText&&) noexcept;

  JsonText& begin_object();
  JsonText& end_object();
  JsonText& begin_array();
  JsonText& end_array();
  // A name of our own, which needs no escape; text() takes any name in its place, since RapidJSON
  // adds the colon.
  JsonText& key(std::string_view name);

  JsonText& null();
  JsonText& boolean(bool value);
  JsonText& integer(std::int64_t value);
  JsonText& number(double value);
  JsonText& text(std::string_view value);
  JsonText& raw(std::string_view json);  // a complete JSON value

  // Members of the open object.
  JsonText& member(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonText& member(std::string_view name, const char* value) { return key(name).text(value); }
  JsonText& member(std::string_view name, std::int64_t value) { return key(name).integer(value); }
  JsonText& member(std::string_view name, double value) { return key(name).number(value); }
  JsonText& member(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonText& member(std::string_view name, Instant value) {
    return key(name).text(to_rfc3339(value));
  }
  template <typename Text>
  JsonText& member(std::string_view name, const std::vector<Text>& values) {
    key(name).begin_array();
    for (const Text& value : values) text(value);
    return end_array();
  }
  template <typename Value>
  JsonText& member(std::string_view name, const std::optional<Value>& value) {
    return value ? member(name, *value) : key(name).null();
  }

  std::string_view view() const;  // valid until the next call
  std::string take() const { return std::string{view()}; }

  struct Writer;

 private:
  std::unique_ptr<Writer> writer_;
};

}  // namespace iotcard
