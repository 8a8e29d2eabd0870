// SPDX-License-Identifier: Apache-2.0
// json_answer.h - The JSON of an answer, and paths into it: JSON Pointers (RFC 6901) in which `*`
// stands for every element or member. Every number is text with its own digits, so that "42118.59"
// and 42118.59 read alike. Whatever a server sends is data. One thread at a time.
// For lib/platform alone: it brings RapidJSON in.
#pragma once

#include <rapidjson/document.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iotcard {

using JsonValue = rapidjson::Document::ValueType;

struct JsonPath {
  std::string text;
  std::vector<std::string> tokens;  // unescaped
  bool is_list() const;             // has a *
};
// The path, or what is expected instead.
std::variant<JsonPath, std::string> parse_json_path(std::string_view text);

// nullptr: nothing there. Of a path with `*` the first that is.
const JsonValue* find(const JsonValue& from, const JsonPath& path);
// Every value that the path leads to.
struct JsonMatches {
  std::vector<const JsonValue*> values;
  bool empty_list = false;  // a `*` stood for an empty array or object
};
JsonMatches find_all(const JsonValue& from, const JsonPath& path);

// A text, number or boolean as text; nullopt for what says nothing (null, "") and for a container.
std::optional<std::string> text_of(const JsonValue& value);
// The first text along the path.
std::optional<std::string> find_text(const JsonValue& from, const JsonPath& path);
bool is_empty(const JsonValue* value);  // nothing, null, "", [] or {}

class JsonAnswer {
 public:
  explicit JsonAnswer(std::string_view body);
  bool is_json() const { return problem_.empty(); }
  const JsonValue& root() const { return document_; }
  const std::string& problem() const { return problem_; }  // "no JSON at byte 3"

 private:
  rapidjson::Document document_;
  std::string problem_;
};

}  // namespace iotcard
