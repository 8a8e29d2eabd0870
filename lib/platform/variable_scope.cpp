// SPDX-License-Identifier: Apache-2.0
// Which variables may be used where in a profile, with [vars] followed to the variables that they
// use. Only names; the values come with each request.
#include <array>

#include "platform/profile_reader.h"

namespace iotcard {
namespace {

constexpr std::array<std::string_view, 3> clock_names = {"now", "month_start", "random"};
constexpr std::array<std::string_view, 8> request_names = {
    "iccid", "iccid19", "iccid20", "iccids", "login", "sorted_query", "sorted_form", "body"};
// Keys that a [[platform]] section has of its own.
constexpr std::array<std::string_view, 14> section_keys = {
    "id",      "name",  "profile", "base_url", "rate", "concurrency", "interval",
    "timeout", "batch", "joiner",  "max_age",  "ca",   "settings",    "allow_insecure"};

// The variables that the template uses, through [vars]. False: one of them leads back to itself.
bool collect(const Profile& profile, const Template& text, std::map<std::string, std::string>& used,
             std::set<std::string>& open, const std::string& through) {
  for (const TemplatePiece& piece : text.pieces) {
    const std::string& name = piece.variable;
    if (name.empty()) continue;
    const auto var = profile.vars.find(name);
    if (var == profile.vars.end()) {
      used.emplace(name, through);
    } else if (open.contains(name)) {
      return false;
    } else if (used.emplace(name, through)
                   .second) {  // each var once, or the work could grow exponentially
      open.insert(name);
      if (!collect(profile, var->second, used, open, name)) return false;
      open.erase(name);
    }
  }
  return true;
}

// The settings that functions use: keys and zones.
std::optional<std::string> call_problem(const Profile& profile, const Template& text) {
  for (const TemplatePiece& piece : text.pieces) {
    for (const TemplateCall& call : piece.calls) {
      const bool keyed = call.function == "hmac-sha256";
      const bool literal = call.zone.starts_with('+') || call.zone.starts_with('-');
      const std::string& name = keyed ? call.argument : call.zone;
      if ((!keyed && (name.empty() || literal)) || profile.find_setting(name) != nullptr) continue;
      return "expected a setting of this profile after |" + call.function + ", not \"" + name + '"';
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> name_problem(const std::string& name) {
  const bool spelled =
      !name.empty() && name[0] >= 'a' && name[0] <= 'z' && name.size() <= 64 &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (!spelled) return "expected a name of a-z, 0-9 and _, which begins with a letter";
  if (contains(clock_names, name) || contains(request_names, name)) {
    return "expected another name: {" + name + "} is built in";
  }
  return std::nullopt;
}

std::optional<std::string> setting_problem(const std::string& name) {
  if (contains(section_keys, name) || name.ends_with("_file")) {
    return "expected another name: [[platform]] has a key of that name";
  }
  return name_problem(name);
}

std::optional<std::string> scope_problem(const Profile& profile, const Template& text,
                                         const VariableNames& scope) {
  std::map<std::string, std::string> used;
  std::set<std::string> open;
  if (!collect(profile, text, used, open, "")) return std::nullopt;  // reported with the var
  for (const auto& [name, through] : used) {
    if (profile.vars.contains(name) || profile.find_setting(name) != nullptr ||
        contains(clock_names, name) || scope.contains(name)) {
      continue;
    }
    if (!through.empty()) return '{' + through + "} uses {" + name + "}, which is not known here";
    std::string known;
    for (const Setting& setting : profile.settings) known += " {" + setting.name + '}';
    for (const auto& [var, unused] : profile.vars) known += " {" + var + '}';
    for (const std::string& one : scope) known += " {" + one + '}';
    return "expected a variable that is known here, one of" + known +
           " {now} {month_start} {random}, not {" + name + '}';
  }
  return call_problem(profile, text);
}

std::optional<std::string> var_problem(const Profile& profile, const std::string& var,
                                       const VariableNames& anywhere) {
  const Template& text = profile.vars.at(var);
  std::map<std::string, std::string> used;
  std::set<std::string> open{var};
  if (!collect(profile, text, used, open, "")) {
    return "expected variables that do not lead back to {" + var + '}';
  }
  VariableNames own = anywhere;  // what another var uses is reported with that var
  for (const auto& [name, through] : used) {
    if (!through.empty()) own.insert(name);
  }
  return scope_problem(profile, text, own);
}

}  // namespace iotcard
