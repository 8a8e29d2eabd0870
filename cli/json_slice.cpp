// SPDX-License-Identifier: Apache-2.0
#include "json_slice.h"

#include <fmt/core.h>
#include <rapidjson/document.h>
#include <rapidjson/reader.h>

#include <charconv>
#include <cstddef>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/time_spelling.h"

namespace iotcard {
namespace {

constexpr std::size_t shown_of_value = 60;  // of a value, in a message

std::size_t skip_space(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

// Behind the value that begins at `at`, in a text that is valid JSON.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  int depth = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
      if (!in_string && depth == 0) return at + 1;
      continue;
    }
    if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;  // of what holds the value
      if (--depth == 0) return at + 1;
    } else if (depth == 0 && (c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
      return at;
    }
  }
  return at;
}

std::string decoded(std::string_view quoted) {
  rapidjson::Document document;
  document.Parse(quoted.data(), quoted.size());
  return {document.GetString(), document.GetStringLength()};
}

}  // namespace

JsonSlice JsonSlice::of(std::string_view json) {
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream{json.data(), json.size()};
  rapidjson::BaseReaderHandler<> nothing;
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  if (reader.Parse<flags>(stream, nothing).IsError()) {
    throw JsonSliceError{fmt::format("no JSON: \"{}\"", printable(json.substr(0, shown_of_value)))};
  }
  const std::size_t begin = skip_space(json, 0);
  return JsonSlice{json.substr(begin, end_of_value(json, begin) - begin)};
}

void JsonSlice::refuse(std::string_view expected) const {
  throw JsonSliceError{
      fmt::format("expected {}, not {}", expected, printable(raw_.substr(0, shown_of_value)))};
}

std::string JsonSlice::text() const {
  if (is_null()) return {};
  if (!raw_.starts_with('"')) refuse("a text");
  if (raw_.find('\\') == std::string_view::npos) {
    return std::string{raw_.substr(1, raw_.size() - 2)};
  }
  return decoded(raw_);
}

std::optional<std::int64_t> JsonSlice::integer() const {
  if (is_null()) return std::nullopt;
  const auto number = parse_integer(raw_);
  if (!number) refuse("a whole number");
  return number;
}

std::optional<double> JsonSlice::number() const {
  if (is_null()) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(raw_.data(), raw_.data() + raw_.size(), value);
  if (error != std::errc{} || end != raw_.data() + raw_.size()) refuse("a number");
  return value;
}

std::optional<Instant> JsonSlice::time() const {
  if (is_null()) return std::nullopt;
  const auto time = parse_time(text());
  if (!time) refuse("a time");
  return time;
}

bool JsonSlice::boolean() const {
  if (raw_ != "true" && raw_ != "false" && !is_null()) refuse("true or false");
  return raw_ == "true";
}

std::vector<JsonSlice> JsonSlice::items() const {
  if (is_null()) return {};
  if (!raw_.starts_with('[')) refuse("an array");
  std::vector<JsonSlice> items;
  std::size_t at = skip_space(raw_, 1);
  while (raw_[at] != ']') {
    const std::size_t end = end_of_value(raw_, at);
    items.push_back(JsonSlice{raw_.substr(at, end - at)});
    at = skip_space(raw_, end);
    if (raw_[at] == ',') at = skip_space(raw_, at + 1);
  }
  return items;
}

JsonMembers::JsonMembers(const JsonSlice& object) {
  const std::string_view raw = object.raw();
  if (!object.is_object()) object.refuse("an object");
  std::size_t at = skip_space(raw, 1);
  while (raw[at] != '}') {
    const std::size_t name_end = end_of_value(raw, at);
    const std::string_view name = raw.substr(at + 1, name_end - at - 2);
    at = skip_space(raw, skip_space(raw, name_end) + 1);  // behind the colon
    const std::size_t end = end_of_value(raw, at);
    members_.emplace_back(name, JsonSlice{raw.substr(at, end - at)});
    at = skip_space(raw, end);
    if (raw[at] == ',') at = skip_space(raw, at + 1);
  }
}

JsonSlice JsonMembers::operator[](std::string_view name) const {
  for (const auto& [known, value] : members_) {
    if (known == name) return value;
  }
  return JsonSlice{"null"};
}

std::int64_t JsonMembers::integer(std::string_view name) const {
  if (const auto number = (*this)[name].integer()) return *number;
  throw JsonSliceError{fmt::format("{} is missing", name)};
}

Instant JsonMembers::time(std::string_view name) const {
  if (const auto time = (*this)[name].time()) return *time;
  throw JsonSliceError{fmt::format("{} is missing", name)};
}

}  // namespace iotcard
