// SPDX-License-Identifier: Apache-2.0
#include "base/json_object.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <utility>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::size_t max_members = 100;
constexpr std::size_t max_items = 1000;

// Each event returns whether to go on; `problem` says why not.
class FlatHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, FlatHandler> {
 public:
  using Kind = JsonMember::Kind;

  explicit FlatHandler(JsonArrays arrays) : arrays_(arrays) {}

  bool Null() { return value(Kind::null, ""); }
  bool Bool(bool yes) { return value(Kind::boolean, yes ? "true" : "false"); }
  bool RawNumber(const char* digits, rapidjson::SizeType length, bool) {
    const std::string_view number{digits, length};
    if (number.find_first_of(".eE") == std::string_view::npos) return value(Kind::integer, number);
    return refuse("expected a text or a whole number");
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return value(Kind::text, {text, length});
  }
  bool StartObject() {
    if (!open_) return open_ = true;
    return refuse("expected a text or a number, not an object");
  }
  bool Key(const char* name, rapidjson::SizeType length, bool) {
    name_.assign(name, length);
    if (members.size() == max_members) return refuse("is one member too many");
    const auto taken = contains(members, name_, &JsonMember::name);
    return !taken || refuse("stands there twice");
  }
  bool EndObject(rapidjson::SizeType) { return true; }
  bool StartArray() {
    const bool allowed = arrays_ == JsonArrays::allowed && open_ && !in_array_;
    if (!allowed) return refuse("expected a text or a number, not an array");
    members.push_back({name_, Kind::texts, ""});
    return in_array_ = true;
  }
  bool EndArray(rapidjson::SizeType) {
    in_array_ = false;
    return true;
  }

  std::vector<JsonMember> members;
  std::string problem;

 private:
  bool value(Kind kind, std::string_view text) {
    if (!open_) return refuse("");
    if (in_array_) return item(kind, text);
    members.push_back({name_, kind, std::string{text}});
    return true;
  }
  bool item(Kind kind, std::string_view text) {
    JsonMember& array = members.back();
    std::vector<std::string>& items = array.items;
    const Kind all = kind == Kind::integer ? Kind::integers : Kind::texts;
    if (items.empty()) array.kind = all;
    if ((kind != Kind::text && kind != Kind::integer) || array.kind != all) {
      return refuse("expected only texts in the array, each in quotes, or only whole numbers");
    }
    if (items.size() == max_items) {
      return refuse("expected at most " + std::to_string(max_items) + " in the array");
    }
    items.emplace_back(text);
    return true;
  }
  bool refuse(const std::string& why) {
    problem = open_ ? '"' + printable(name_) + "\": " + why
                    : "expected a JSON object such as {\"name\": \"value\"}";
    return false;
  }

  const JsonArrays arrays_;
  bool open_ = false;
  bool in_array_ = false;
  std::string name_;
};

}  // namespace

std::variant<std::vector<JsonMember>, Problem> read_flat_json(std::string_view json,
                                                              JsonArrays arrays) {
  if (!is_utf8(json)) return Problem{"the JSON is not UTF-8"};
  constexpr unsigned flags =
      rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  FlatHandler handler{arrays};
  rapidjson::MemoryStream stream{json.data(), json.size()};
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<flags>(stream, handler);
  if (!handler.problem.empty()) return Problem{std::move(handler.problem)};
  if (!result) {
    return Problem{std::string{"no JSON: "} + rapidjson::GetParseError_En(result.Code()) +
                   " At byte " + std::to_string(result.Offset()) + "."};
  }
  return std::move(handler.members);
}

}  // namespace iotcard
