// SPDX-License-Identifier: Apache-2.0
// template.h - Text with {variables} and the few functions that they may pass: {now|time:yyyyMMdd},
// {text|sha256|hex}. Parsed once, with the profile; the values come with each request. Not a
// language: no conditions, no arithmetic. A Template is for any thread, Values for one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/redactor.h"
#include "base/time.h"

namespace iotcard {

struct TemplateCall {
  std::string function;
  std::string argument;  // "" for none; of time the format
  std::string zone;      // of time: a setting, or "+08:00"; "": UTC
};

struct TemplatePiece {
  std::string literal;   // if `variable` is ""
  std::string variable;  // without the braces
  std::vector<TemplateCall> calls;
};

struct Template {
  std::vector<TemplatePiece> pieces;
  bool is_variable(std::string_view name) const;  // "{name}" and nothing else
};

// The template, or what is expected instead. scope_problem() checks the names of variables.
std::variant<Template, std::string> parse_template(std::string_view text);

// The values of the variables of one request.
class Values {
 public:
  // What functions make of secrets is added to `redactor`.
  Values(const std::map<std::string, Template>& vars, Instant now,
         std::function<std::uint32_t()> random, Redactor& redactor)
      : vars_(vars), now_(now), random_(std::move(random)), redactor_(redactor) {}

  void set(const std::string& name, std::string value) { values_[name] = std::move(value); }
  std::string text(const Template& text);
  std::string value(const TemplatePiece& piece);  // of a variable; a literal is itself
  // Why the texts must not be used: a variable without a value, or too long a text. Or "".
  const std::string& problem() const { return problem_; }

 private:
  std::string variable(const std::string& name);
  std::string call(const TemplateCall& call, const std::string& value);
  Duration zone(const std::string& zone);

  const std::map<std::string, Template>& vars_;
  Instant now_;
  std::function<std::uint32_t()> random_;
  Redactor& redactor_;
  std::map<std::string, std::string> values_;  // with the vars that were used so far
  std::string problem_;
};

}  // namespace iotcard
