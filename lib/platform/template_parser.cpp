// SPDX-License-Identifier: Apache-2.0
// Parses templates and checks each by itself: the functions, their arguments, and whether a result
// fits the next function: a time needs a format, bytes must become text.
#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "platform/profile.h"

namespace iotcard {
namespace {

using Expected = std::optional<std::string>;  // what is, if the template is wrong

enum class ValueKind : std::uint8_t { text, bytes, time, random };

struct Function {
  std::string_view name;
  enum class Argument : std::uint8_t { none, number, setting, format } argument;
  ValueKind takes;  // text: bytes as well, where bytes_too
  bool bytes_too;
  ValueKind gives;
};
using Argument = Function::Argument;
constexpr std::array<Function, 14> functions = {{
    {"time", Argument::format, ValueKind::time, false, ValueKind::text},
    {"seconds", Argument::none, ValueKind::time, false, ValueKind::text},
    {"milliseconds", Argument::none, ValueKind::time, false, ValueKind::text},
    {"digits", Argument::number, ValueKind::random, false, ValueKind::text},
    {"md5", Argument::none, ValueKind::text, true, ValueKind::bytes},
    {"sha1", Argument::none, ValueKind::text, true, ValueKind::bytes},
    {"sha256", Argument::none, ValueKind::text, true, ValueKind::bytes},
    {"sm3", Argument::none, ValueKind::text, true, ValueKind::bytes},
    {"hmac-sha256", Argument::setting, ValueKind::text, true, ValueKind::bytes},
    {"hex", Argument::none, ValueKind::text, true, ValueKind::text},
    {"base64", Argument::none, ValueKind::text, true, ValueKind::text},
    {"upper", Argument::none, ValueKind::text, false, ValueKind::text},
    {"lower", Argument::none, ValueKind::text, false, ValueKind::text},
    {"first", Argument::number, ValueKind::text, false, ValueKind::text},
}};

const Function* find_function(std::string_view name) {
  const auto found = std::ranges::find(functions, name, &Function::name);
  return found == functions.end() ? nullptr : &*found;
}

std::string in_quotes(std::string_view text) {
  return '"' + std::string{text} + '"';
}

Expected check_format(std::string_view format) {
  static constexpr std::array<std::string_view, 7> fields = {"yyyy", "SSS", "MM", "dd",
                                                             "HH",   "mm",  "ss"};
  if (format.empty()) return "a format after time:, such as time:yyyyMMddHHmmss";
  while (!format.empty()) {
    std::size_t taken = 0;
    for (const std::string_view field : fields) {
      if (format.starts_with(field)) taken = field.size();
    }
    const char c = format.front();
    if (taken == 0 && is_letter(c) && c != 'T' && c != 'Z') {
      return "a time of yyyy MM dd HH mm ss SSS and signs between them, not \"" +
             std::string{format} + '"';
    }
    format.remove_prefix(taken == 0 ? 1 : taken);
  }
  return std::nullopt;
}

Expected check_argument(const Function& function, TemplateCall& call, bool given) {
  switch (function.argument) {
    case Argument::none:
      if (given) return in_quotes(function.name) + " without an argument";
      return std::nullopt;
    case Argument::number: {
      const auto number = parse_integer(call.argument);
      if (number && *number >= 1 && *number <= 64) return std::nullopt;
      return std::string{function.name} + ":N, with N from 1 to 64";
    }
    case Argument::setting:
      if (call.argument.empty()) return std::string{function.name} + ":SETTING, which is its key";
      return std::nullopt;
    case Argument::format: {
      const std::size_t at = call.argument.rfind('@');
      if (at != std::string::npos) {
        call.zone = call.argument.substr(at + 1);
        call.argument.resize(at);
        if (call.zone.empty()) return "a setting, or +08:00, after the @";
        const bool setting = !call.zone.starts_with('+') && !call.zone.starts_with('-');
        if (!setting && !offset_of_zone(call.zone)) return zone_expected;
      }
      return check_format(call.argument);
    }
  }
  return std::nullopt;
}

std::string what_fits(ValueKind kind, std::string_view variable) {
  switch (kind) {
    case ValueKind::time:
      return '{' + std::string{variable} + "|time:…}, |seconds or |milliseconds";
    case ValueKind::random:
      return "{random|digits:N}";
    case ValueKind::bytes:
      return "|hex or |base64 after a digest";
    case ValueKind::text:
      break;
  }
  return "a text";
}

Expected parse_calls(std::string_view rest, TemplatePiece& piece) {
  ValueKind kind = piece.variable == "now" || piece.variable == "month_start" ? ValueKind::time
                   : piece.variable == "random"                               ? ValueKind::random
                                                                              : ValueKind::text;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the |
    const std::string_view text = rest.substr(0, rest.find('|'));
    rest.remove_prefix(text.size());
    const std::size_t colon = text.find(':');
    const bool given = colon != std::string_view::npos;
    TemplateCall call{std::string{text.substr(0, colon)},
                      given ? std::string{text.substr(colon + 1)} : std::string{},
                      {}};
    const Function* function = find_function(call.function);
    if (function == nullptr) {
      std::string known;
      for (const Function& one : functions) known.append(" ").append(one.name);
      return "a function, one of" + known + ", not " + in_quotes(call.function);
    }
    const bool fits = function->takes == kind || (function->bytes_too && kind == ValueKind::bytes);
    if (!fits) {
      if (kind != ValueKind::text)
        return what_fits(kind, piece.variable) + ", not |" + call.function;
      return "|" + call.function + " only after " +
             (function->takes == ValueKind::time ? "now or month_start" : "random");
    }
    if (auto problem = check_argument(*function, call, given)) return problem;
    kind = function->gives;
    piece.calls.push_back(std::move(call));
  }
  if (kind != ValueKind::text) return what_fits(kind, piece.variable);
  return std::nullopt;
}

bool is_name(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos;
}

}  // namespace

std::variant<Template, std::string> parse_template(std::string_view text) {
  Template parsed;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) parsed.pieces.push_back({std::exchange(literal, {}), {}, {}});
  };
  while (!text.empty()) {
    const char c = text.front();
    if ((c == '{' || c == '}') && text.size() > 1 && text[1] == c) {
      literal += c;
      text.remove_prefix(2);
      continue;
    }
    if (c == '}') return "{ before }, or }} for the brace itself";
    if (c != '{') {
      literal += c;
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return "} after {, or {{ for the brace itself";
    const std::string_view inner = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    TemplatePiece piece;
    piece.variable = inner.substr(0, inner.find('|'));
    if (!is_name(piece.variable)) {
      return "{the name of a variable}, in lower case, or {{ for the brace itself";
    }
    if (const auto problem = parse_calls(inner.substr(piece.variable.size()), piece)) {
      return *problem;
    }
    end_literal();
    parsed.pieces.push_back(std::move(piece));
  }
  end_literal();
  return parsed;
}

bool Template::is_variable(std::string_view name) const {
  return pieces.size() == 1 && pieces.front().variable == name && pieces.front().calls.empty();
}

}  // namespace iotcard
