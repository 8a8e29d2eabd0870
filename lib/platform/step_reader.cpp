// SPDX-License-Identifier: Apache-2.0
// The steps of a profile, [answer], which judges what they get, and [limits].
#include <algorithm>
#include <array>

#include "base/text.h"
#include "platform/profile_reader.h"

namespace iotcard {
namespace {

constexpr std::array<std::string_view, 5> methods = {"GET", "POST", "PUT", "PATCH", "DELETE"};

// Allowed in a path without encoding: pchar of RFC 3986, 3.3, and the slash.
bool is_path_literal(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view{"/-._~!$&'()*+,;=:@%"}.find(c) != std::string_view::npos;
  });
}

void check_path(SectionReader& section, const Template& path) {
  bool plain = true;
  for (const TemplatePiece& piece : path.pieces) plain = plain && is_path_literal(piece.literal);
  const bool from_root = !path.pieces.empty() && path.pieces.front().literal.starts_with('/');
  if (!from_root || !plain) {
    section.mistake("path",
                    "expected a path that begins with /, without ? and #: what stands "
                    "after them goes into query");
  }
}

}  // namespace

void read_request(PartsReader& parts, SectionReader& section, Step& step,
                  const VariableNames& scope) {
  section.text("method", step.method, [](const std::string& text) -> Check {
    if (contains(methods, text)) return std::nullopt;
    return expected("\"GET\", \"POST\", \"PUT\", \"PATCH\" or \"DELETE\"");
  });
  section.require("method", "how to ask, such as \"GET\"");
  parts.text(section, "path", step.path, scope);
  section.require("path", "what to ask for, after base_url");
  if (!step.path.pieces.empty()) check_path(section, step.path);
  parts.parts(section, step.parts, scope, true);
  const bool json = section.has("json");
  if (json && section.has("form")) section.mistake("json", "expected only one of form and json");
  if (step.method == "GET" && (json || section.has("form"))) {
    section.mistake(json ? "json" : "form", "expected only with another method than GET");
  }
}

std::vector<Step> read_steps(PartsReader& parts, SectionReader& root, const std::string& key,
                             StepKind kind, const VariableNames& scope) {
  std::vector<Step> steps;
  VariableNames known = scope;
  for (const toml::table* table : root.tables(key)) {
    SectionReader section{key, table, parts.mistakes()};
    Step step;
    section.text("name", step.name, [&](const std::string& name) -> Check {
      const bool again = contains(steps, name, &Step::name);
      if (!name.empty() && name.size() <= 64 && name != "login" && !again) return std::nullopt;
      return expected("a name that no other step has, of at most 64 characters, and not \"login\"");
    });
    section.require("name", "the step's name, for messages");
    read_request(parts, section, step, known);
    parts.pointer(section, "item", step.item);
    parts.not_found(section, step.not_found);
    parts.conditions(section, "ok", step.ok);
    section.boolean("optional", step.optional);
    parts.saves(section, step.save);
    if (kind == StepKind::batch && section.has("save")) {
      section.mistake("save", "expected only with a step that asks about one card");
    }
    const toml::table* fields = section.table("fields");
    read_fields(parts, SectionReader{key + ".fields", fields, parts.mistakes()}, fields, step);
    if (kind == StepKind::batch && !step.iccid && section.has("name")) {
      section.mistake("fields",
                      "expected an iccid among them, which identifies the card of an item");
    }
    if (kind == StepKind::card && step.fields.empty() && step.save.empty() && !step.iccid) {
      section.mistake("name", "expected fields or save: nothing is read from this step");
    }
    section.finish();
    for (const auto& [name, path] : step.save) known.insert(name);
    steps.push_back(std::move(step));
  }
  return steps;
}

void read_answer(PartsReader& parts, SectionReader& root, bool has_login) {
  SectionReader section{"answer", root.table("answer"), parts.mistakes()};
  AnswerRules& rules = parts.profile().answer;
  parts.conditions(section, "login_again", rules.login_again);
  parts.conditions(section, "rate_limited", rules.rate_limited);
  parts.not_found(section, rules.not_found);
  parts.conditions(section, "try_again", rules.try_again);
  parts.conditions(section, "ok", rules.ok);
  parts.conditions(section, "denied", rules.denied);
  parts.pointers(section, "message", rules.message);
  if (section.has("login_again") && !has_login) {
    section.mistake("login_again", "expected only with a [login]");
  }
  section.finish();
}

void read_limits(PartsReader& parts, SectionReader& root) {
  using std::chrono::milliseconds;
  SectionReader section{"limits", root.table("limits"), parts.mistakes()};
  Profile& profile = parts.profile();
  PlatformLimits& limits = profile.limits;
  std::optional<Rate> rate;
  section.rate("rate", rate);
  limits.rate = rate.value_or(limits.rate);
  section.integer("concurrency", limits.concurrency, 1, 16);
  section.milliseconds("interval", limits.interval, milliseconds{0}, std::chrono::days{30});
  section.milliseconds("timeout", limits.timeout, milliseconds{100}, std::chrono::hours{1});
  section.integer("batch", profile.batch, 1, 1000);
  section.text("joiner", profile.joiner);
  for (const char* key : {"batch", "joiner"}) {
    if (section.has(key) && !root.has("batch")) {
      section.mistake(key, "expected only with [[batch]] steps");
    }
  }
  if (root.has("batch")) section.require("batch", "how many cards a [[batch]] step asks about");
  section.finish();
}

}  // namespace iotcard
