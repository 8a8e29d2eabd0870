// SPDX-License-Identifier: Apache-2.0
#include "platform/json_answer.h"

#include <rapidjson/error/en.h>

#include <algorithm>
#include <functional>
#include <span>

#include "base/text.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::size_t max_matches = 1'000'000;

const JsonValue* step(const JsonValue& value, const std::string& token) {
  if (value.IsObject()) {
    const auto size = static_cast<rapidjson::SizeType>(token.size());
    const auto member = value.FindMember(JsonValue{rapidjson::StringRef(token.data(), size)});
    return member == value.MemberEnd() ? nullptr : &member->value;
  }
  if (!value.IsArray()) return nullptr;
  const auto index = parse_integer<rapidjson::SizeType>(token);
  const bool is_index = index && (token.size() == 1 || token[0] != '0');
  return is_index && *index < value.Size() ? &value[*index] : nullptr;
}

bool is_selected(const JsonValue& element, std::string_view selector) {
  const std::size_t equals = selector.find('=');
  const JsonValue* member = step(element, std::string{selector.substr(1, equals - 1)});
  const auto text = member == nullptr ? std::nullopt : text_of(*member);
  return text &&
         equal_ignoring_case(*text, selector.substr(equals + 1, selector.size() - equals - 2));
}

// Calls `take` for each value at the end of the path until it returns false; then it returns false.
using Take = std::function<bool(const JsonValue&)>;
bool scan(const JsonValue& value, std::span<const std::string> path, const Take& take,
          bool* empty_list = nullptr) {
  if (path.empty()) return take(value);
  const auto rest = path.subspan(1);
  const bool selects = is_selector(path.front()) && value.IsArray();
  if (path.front() != "*" && !selects) {
    const JsonValue* next = step(value, path.front());
    return next == nullptr || scan(*next, rest, take, empty_list);
  }
  if (empty_list != nullptr && (value.IsArray() || value.IsObject()) && is_empty(&value)) {
    *empty_list = true;
  }
  if (value.IsArray()) {
    for (const JsonValue& element : value.GetArray()) {
      if (selects && !is_selected(element, path.front())) continue;
      if (!scan(element, rest, take, empty_list)) return false;
    }
  } else if (value.IsObject()) {
    for (const auto& member : value.GetObject()) {
      if (!scan(member.value, rest, take, empty_list)) return false;
    }
  }
  return true;
}

// Overwrites the number at or around an offset with null.
void blank_number(std::string& json, std::size_t at) {
  constexpr std::string_view signs = "0123456789+-.eE";
  std::size_t first = std::min(at, json.size());
  while (first > 0 && signs.find(json[first - 1]) != std::string_view::npos) --first;
  const std::size_t end = std::min(json.find_first_not_of(signs, first), json.size());
  std::fill(json.begin() + static_cast<std::ptrdiff_t>(first),
            json.begin() + static_cast<std::ptrdiff_t>(end), ' ');
  json.replace(first, std::min<std::size_t>(4, end - first), "null");
}

}  // namespace

const JsonValue* find(const JsonValue& from, const JsonPath& path) {
  const JsonValue* found = nullptr;
  scan(from, path.tokens, [&](const JsonValue& value) {
    if (!value.IsNull() || found == nullptr) found = &value;
    return value.IsNull();
  });
  return found;
}

JsonMatches find_all(const JsonValue& from, const JsonPath& path) {
  JsonMatches matches;
  const auto take = [&](const JsonValue& value) {
    matches.values.push_back(&value);
    return matches.values.size() < max_matches;
  };
  scan(from, path.tokens, take, &matches.empty_list);
  return matches;
}

std::optional<std::string> text_of(const JsonValue& value) {
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (!value.IsString() || value.GetStringLength() == 0) return std::nullopt;
  return std::string{value.GetString(), value.GetStringLength()};
}

std::optional<std::string> find_text(const JsonValue& from, const JsonPath& path) {
  std::optional<std::string> text;
  scan(from, path.tokens, [&](const JsonValue& value) {
    text = text_of(value);
    return !text;
  });
  return text;
}

bool is_empty(const JsonValue* value) {
  if (value == nullptr || value->IsNull()) return true;
  if (value->IsString()) return value->GetStringLength() == 0;
  if (value->IsArray()) return value->Empty();
  return value->IsObject() && value->ObjectEmpty();
}

JsonAnswer::JsonAnswer(std::string_view body) {
  std::string mended;  // RapidJSON would reject the whole answer for one name in GBK
  if (!is_utf8(body)) body = mended = replace_invalid_utf8(body);
  skip_byte_order_mark(body);
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    problem_ = "is empty";
    return;
  }
  // Iterative: a server's brackets must not use up our stack.
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  document_.Parse<flags>(body.data(), body.size());
  // RapidJSON rejects a number that no double can hold, though it keeps numbers as text. Such a
  // number becomes null, and the rest of the answer counts.
  for (int tries = 0; document_.GetParseError() == rapidjson::kParseErrorNumberTooBig && tries < 16;
       ++tries) {
    if (tries == 0) mended = std::string{body};
    blank_number(mended, document_.GetErrorOffset());
    document_.Parse<flags>(mended.data(), mended.size());
  }
  if (document_.HasParseError()) {
    problem_ = "is no JSON at byte " + std::to_string(document_.GetErrorOffset()) + ": " +
               rapidjson::GetParseError_En(document_.GetParseError());
  }
}

}  // namespace iotcard
