// SPDX-License-Identifier: Apache-2.0
#include "support/platforms/dialect.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <ctime>

namespace iotcard::simulated {
namespace {

std::string dumped(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value.Accept(writer);
  return buffer.GetString();
}

void add_leaves(const rapidjson::Value& value, const std::string& pointer, Texts& out) {
  if (value.IsObject()) {
    for (const auto& [name, member] : value.GetObject()) {
      add_leaves(member, fmt::format("{}/{}", pointer, name.GetString()), out);
    }
  } else if (value.IsArray()) {
    int at = 0;
    for (const auto& element : value.GetArray()) {
      add_leaves(element, fmt::format("{}/{}", pointer, at++), out);
    }
  } else if (!out.emplace(pointer, dumped(value)).second) {
    out["?"] = "a key stands there twice";
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool is_type(const Call& call, std::string_view type) {
  return header(call, "content-type").substr(0, type.size()) == type;
}

}  // namespace

Answer Dialect::too_many() const {
  return {429, R"({"message":"too many requests"})", "application/json", {{"Retry-After", "7"}}};
}

Card* Dialect::find(std::string_view iccid) {
  const auto at = std::find_if(cards.begin(), cards.end(),
                               [&](const Card& card) { return card.iccid == iccid; });
  return at == cards.end() ? nullptr : &*at;
}

std::string Dialect::issue_token() {
  // Characters that must be encoded in a URL, as real tokens have them.
  return *tokens.insert(fmt::format("token+{}/=", ++issued_)).first;
}

void Dialect::set_status(Card& card, const std::string& status) const {
  if (!idle) card.status = status;
}

std::string Dialect::number(const std::string& value) const {
  if (value.empty()) return "null";
  return numbers_as_text ? in_quotes(value) : value;
}

std::string Dialect::number_text(const std::string& value) const {
  if (value.empty()) return "null";
  return numbers_as_text ? value : in_quotes(value);
}

std::string in_quotes(std::string_view text) {
  rapidjson::Value value{text.data(), static_cast<rapidjson::SizeType>(text.size())};
  return dumped(value);
}

std::string quoted_or_null(std::string_view text) {
  return text.empty() ? "null" : in_quotes(text);
}

std::string array_of(const std::vector<std::string>& values) {
  return fmt::format("[{}]", fmt::join(values, ","));
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 &&
        hex_digit(text[at + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

Texts parameters(std::string_view text) {
  Texts out;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos ||
        !out.emplace(decoded(pair.substr(0, equals)), decoded(pair.substr(equals + 1))).second) {
      out["?"] = pair;
    }
  }
  return out;
}

Texts leaves(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  Texts out;
  if (document.HasParseError() || !document.IsObject()) return {{"?", std::string{json}}};
  add_leaves(document, "", out);
  return out;
}

bool has_just(const Texts& texts, std::initializer_list<std::string_view> keys) {
  return texts.size() == keys.size() && std::all_of(keys.begin(), keys.end(), [&](auto key) {
           return texts.contains(std::string{key});
         });
}

std::string header(const Call& call, const std::string& lower_case_name) {
  const auto at = call.headers.find(lower_case_name);
  return at == call.headers.end() ? "" : at->second;
}

bool is_json(const Call& call) {
  return is_type(call, "application/json");
}
bool is_form(const Call& call) {
  return is_type(call, "application/x-www-form-urlencoded");
}

std::vector<std::string> pieces(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view piece = path.substr(0, path.find('/'));
    path.remove_prefix(piece.size());
    out.push_back(decoded(piece));
  }
  return out;
}

std::string sorted(const Texts& texts) {  // a map is
  std::string out;
  for (const auto& [key, value] : texts) {
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", key, value);
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

char luhn_digit(std::string_view digits) {
  int sum = 0;
  bool twice = true;
  for (auto at = digits.rbegin(); at != digits.rend(); ++at, twice = !twice) {
    const int digit = (*at - '0') * (twice ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

bool all_digits(std::string_view text, std::size_t length) {
  return text.size() == length &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_about_now(std::string_view digits, std::chrono::hours ahead) {
  if (!all_digits(digits, 14)) return false;
  const auto part = [&](std::size_t at, std::size_t length) {
    int value = 0;
    std::from_chars(digits.data() + at, digits.data() + at + length, value);
    return value;
  };
  std::tm clock{};
  clock.tm_year = part(0, 4) - 1900;
  clock.tm_mon = part(4, 2) - 1;
  clock.tm_mday = part(6, 2);
  clock.tm_hour = part(8, 2);
  clock.tm_min = part(10, 2);
  clock.tm_sec = part(12, 2);
  const auto at = std::chrono::system_clock::from_time_t(timegm(&clock)) - ahead;
  const auto off = std::chrono::system_clock::now() - at;
  return off < std::chrono::minutes{5} && -off < std::chrono::minutes{5};
}

}  // namespace iotcard::simulated
