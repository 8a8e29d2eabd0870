// SPDX-License-Identifier: Apache-2.0
// json_answer.h - The JSON of an answer, and how a path is followed into it. Every number is text
// with its own digits, so "42118.59" and 42118.59 are read alike. Whatever a server sends is data.
// One thread at a time. For lib/platform alone: it includes RapidJSON.
#pragma once

#include <rapidjson/document.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/json_path.h"

namespace iotcard {

using JsonValue = rapidjson::Document::ValueType;

// nullptr: there is nothing. For a path with `*`: the first value that is not null.
const JsonValue* find(const JsonValue& from, const JsonPath& path);
// Every value that the path leads to.
struct JsonMatches {
  std::vector<const JsonValue*> values;
  bool empty_list = false;  // a `*` stood for an empty array or object
};
JsonMatches find_all(const JsonValue& from, const JsonPath& path);

// A text, number or boolean as text; nullopt for null, "" and containers.
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
