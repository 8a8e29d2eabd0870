// SPDX-License-Identifier: Apache-2.0
// template.h - Text with {variables} and the few functions that they may pass: {now|time:yyyyMMdd},
// {text|sha256|hex}. Read once, with the profile; what the variables stand for comes in with each
// request. Not a language: no conditions, no arithmetic. Pure but for that; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.h"

namespace iotcard {

struct TemplateCall {
  std::string function;
  std::string argument;  // "" for none; of time the format
  std::string zone;      // of time: a setting, or "+08:00"; "": UTC
};

struct TemplatePiece {
  std::string literal;   // where `variable` is ""
  std::string variable;  // without the braces
  std::vector<TemplateCall> calls;
};

struct Template {
  std::vector<TemplatePiece> pieces;
  bool is_variable(std::string_view name) const;  // "{name}" and nothing else
};

// The template, or what is expected instead. Which variables there are is the reader's to know.
std::variant<Template, std::string> parse_template(std::string_view text);

// A value as it is sent and as it may be shown: with "…" for each secret, and for whatever a
// function made of one.
struct Shown {
  std::string real;
  std::string shown;
  bool secret = false;
};

// What the variables of one request stand for.
class Values {
 public:
  using Zone = std::function<Duration(const std::string& setting)>;
  Values(const std::map<std::string, Template>& vars, Instant now,
         std::function<std::uint32_t()> random)
      : vars_(vars), now_(now), random_(std::move(random)) {}

  void set(const std::string& name, Shown value) { values_[name] = std::move(value); }
  bool has(const std::string& name) const { return values_.contains(name); }
  // Piece by piece, with its literals; `variable` tells which is which.
  struct Piece {
    Shown text;
    bool variable;
  };
  std::vector<Piece> pieces(const Template& text);
  Shown text(const Template& text);
  // What functions made of secrets: to be looked for in what comes back.
  const std::vector<std::string>& derived() const { return derived_; }
  // Why what came out is not to be used: a variable that stands for nothing; too long. Or "".
  const std::string& problem() const { return problem_; }

 private:
  Shown value(const TemplatePiece& piece);
  Shown variable(const std::string& name);
  Shown call(const TemplateCall& call, Shown value);
  Duration zone(const std::string& zone);

  const std::map<std::string, Template>& vars_;
  Instant now_;
  std::function<std::uint32_t()> random_;
  std::map<std::string, Shown> values_;  // settings, saved values, and the vars asked for so far
  std::vector<std::string> derived_;
  std::string problem_;
};

}  // namespace iotcard
