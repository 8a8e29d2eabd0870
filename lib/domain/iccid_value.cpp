// SPDX-License-Identifier: Apache-2.0
#include "domain/iccid_value.h"

#include <algorithm>

#include "base/text.h"
#include "domain/json_scan.h"
#include "domain/modem_answer.h"

namespace iotcard {
namespace {

using Form = IccidValue::Form;

bool is_json_literal(std::string_view payload, std::size_t at) {
  for (const std::string_view literal : {"null", "true", "false"}) {
    if (payload.substr(at).starts_with(literal)) {
      const std::size_t end = skip_space(payload, at + literal.size());
      return end == payload.size() || payload[end] == ',' || payload[end] == '}';
    }
  }
  return false;
}

// A quoted text that begins with a digit and has digits and letters only, as nearly all do.
bool is_plain_text(std::string_view payload, std::size_t at) {
  if (++at == payload.size() || !is_digit(payload[at])) return false;
  while (at < payload.size() && (is_digit(payload[at]) || is_letter(payload[at]))) ++at;
  return at < payload.size() && payload[at] == '"';
}

IccidValue quoted_value(std::string_view payload, std::size_t at) {
  if (is_plain_text(payload, at)) return {Form::json, {}};
  const std::size_t end = end_of_string(payload, at);
  if (end == std::string_view::npos) return {Form::endless, {}};
  const std::string_view inside = payload.substr(at + 1, end - at - 2);
  const std::string_view token = trim(inside);
  const bool quoted_again = token.empty();  // ""8986…""
  if ((quoted_again || begins_modem_answer(token)) && !member_ends_at(payload, end)) {
    // Quotes that the firmware did not escape: the value ends where a member can end.
    for (std::size_t quote = end; quote < payload.size(); ++quote) {
      if (payload[quote] == '"' && member_ends_at(payload, quote + 1)) {
        return {Form::quoted, payload.substr(at + 1, quote - at - 1), at, quote + 1};
      }
    }
    return {Form::json, {}};
  }
  const bool has_control =
      std::ranges::any_of(inside, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return has_control ? IccidValue{Form::quoted, inside, at, end} : IccidValue{Form::json, {}};
}

// An element of an array, without the grammar of a modem's answer.
IccidValue bare_element(std::string_view payload, std::size_t at) {
  const std::size_t end = payload.find_first_of(",]}", at);
  if (end == std::string_view::npos) return {Form::endless, {}};
  const std::string_view token = trim(payload.substr(at, end - at));
  if (token.find_first_of("\"{[:") != std::string_view::npos) return {Form::json, {}};
  return {Form::bare, token, at, at + token.size()};
}

IccidValue bare_value(std::string_view payload, std::size_t at) {
  const bool at_response = begins_modem_answer(payload.substr(at));
  std::size_t end = at;
  for (; end < payload.size(); ++end) {
    const char c = payload[end];
    if (c == '}' || (c == ',' && (!at_response || member_ends_at(payload, end)))) break;
    // An unquoted number has no brackets and no colon.
    if (!at_response && (c == '{' || c == '[' || c == ']' || c == ':')) return {Form::json, {}};
  }
  if (end == payload.size()) return {Form::endless, {}};
  while (end > at && is_white_space(payload[end - 1])) --end;
  const std::string_view token = payload.substr(at, end - at);
  // A quote at the end is a stray one; a quote in the middle begins the next key.
  const std::size_t quote = token.find('"');
  if (!at_response && quote != std::string_view::npos && quote + 1 != token.size()) {
    return {Form::json, {}};
  }
  return {Form::bare, token, at, end};
}

}  // namespace

IccidValue find_iccid_value(std::string_view payload, std::size_t at, bool in_array) {
  const char c = payload[at];
  if (c == '{' || c == '[') return {Form::json, {}};
  if (in_array) return c == '"' ? IccidValue{Form::json, {}} : bare_element(payload, at);
  if (c == ',' || c == '}') return {Form::missing, {}, at, at};
  if (c == '"') return quoted_value(payload, at);
  if (is_json_literal(payload, at)) return {Form::json, {}};
  if (const std::size_t length = non_finite_length(payload, at)) {
    return {Form::non_finite, {}, at, at + length};
  }
  return bare_value(payload, at);
}

}  // namespace iotcard
