// SPDX-License-Identifier: Apache-2.0
// profile_reader.h - Reads the parts of a profile from TOML: templates, pointers, conditions,
// steps. Each mistake is recorded with its line, and reading goes on. For lib/platform alone; one
// thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/profile.h"
#include "toml/section_reader.h"

namespace iotcard {

using VariableNames =
    std::set<std::string>;  // besides settings, [vars], now, month_start and random
// The three functions below are in variable_scope.cpp.
// Why a setting, a variable or a saved value cannot have that name, or nullopt.
std::optional<std::string> name_problem(const std::string& name);
std::optional<std::string> setting_problem(const std::string& name);
// Why the template cannot be used where only `scope` is known, or nullopt.
std::optional<std::string> scope_problem(const Profile& profile, const Template& text,
                                         const VariableNames& scope);
// The same for one of [vars] anywhere: cycles, and names that are defined nowhere.
std::optional<std::string> var_problem(const Profile& profile, const std::string& var,
                                       const VariableNames& anywhere);

// The keys of a table in the order in which they are written.
std::vector<std::pair<std::string, const toml::node*>> in_order(const toml::table& table);

class PartsReader {
 public:
  PartsReader(Profile& profile, ConfigMistakes& mistakes)
      : profile_(profile), mistakes_(mistakes) {}

  ConfigMistakes& mistakes() { return mistakes_; }
  Profile& profile() { return profile_; }
  void expected(const toml::node& node, const std::string& key, const std::string& what) {
    mistakes_.add(node.source(), key, "expected " + what);
  }

  // Each takes the key of that section, if it is there.
  void text(SectionReader& section, std::string_view key, Template& target,
            const VariableNames& scope);
  template <typename Target>
  void pointer(SectionReader& section, std::string_view key, Target& target) {
    const toml::node* node = section.node(key);
    auto read = node == nullptr ? std::nullopt : read_pointer(*node, section.path(key));
    if (read) target = std::move(*read);
  }
  // A pointer, or a list of them.
  void pointers(SectionReader& section, std::string_view key, std::vector<JsonPath>& target);
  void conditions(SectionReader& section, std::string_view key, Conditions& target);
  // The key not_found. A condition that a gateway's answer can meet is a mistake.
  void not_found(SectionReader& section, Conditions& target);
  void saves(SectionReader& section, std::vector<std::pair<std::string, JsonPath>>& target);
  // headers, query, form and, except for [request.signed], json.
  void parts(SectionReader& section, RequestParts& target, const VariableNames& scope,
             bool with_json);

  std::optional<Template> read_template(const toml::node& node, const std::string& key,
                                        const VariableNames& scope);
  std::optional<JsonPath> read_pointer(const toml::node& node, const std::string& key);

 private:
  void named(SectionReader& section, std::string_view key, NamedTemplates& target,
             const VariableNames& scope);
  JsonTemplate json(const toml::node& node, const std::string& key, const VariableNames& scope);
  void condition(const toml::node& node, const std::string& key, Conditions& target);

  Profile& profile_;
  ConfigMistakes& mistakes_;
};

// [[card]], [[batch]], [[suspend]] and [[resume]]; in step_reader.cpp.
enum class StepKind : std::uint8_t { card, batch, action };
std::vector<Step> read_steps(PartsReader& parts, SectionReader& root, const std::string& key,
                             StepKind kind, const VariableNames& scope);
// What all requests have in common: method, path, headers, query, form, json.
void read_request(PartsReader& parts, SectionReader& section, Step& step,
                  const VariableNames& scope);

// The fields of a step, in field_reader.cpp.
void read_fields(PartsReader& parts, SectionReader section, const toml::table* table, Step& step);

// In step_reader.cpp, too.
void read_answer(PartsReader& parts, SectionReader& root, bool has_login);
void read_limits(PartsReader& parts, SectionReader& root);

}  // namespace iotcard
