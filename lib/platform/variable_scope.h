// SPDX-License-Identifier: Apache-2.0
// variable_scope.h - Which variables may be used where in a profile, with [vars] followed to the
// variables that they use. Only names; the values come with each request. Used while a profile is
// read; one thread.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "platform/profile.h"

namespace iotcard {

template <typename List>
bool is_in(std::string_view name, const List& list) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

using VariableNames =
    std::set<std::string>;  // besides settings, [vars], now, month_start and random

class VariableScope {
 public:
  explicit VariableScope(const Profile& profile) : profile_(profile) {}

  // Why a setting, a variable or a saved value cannot have that name, or nullopt.
  static std::optional<std::string> name_problem(const std::string& name);
  static std::optional<std::string> setting_problem(const std::string& name);
  // Why the template cannot be used where only `scope` is known, or nullopt.
  std::optional<std::string> problem(const Template& text, const VariableNames& scope) const;
  // The same for one of [vars] anywhere: cycles, and names that are defined nowhere.
  std::optional<std::string> var_problem(const std::string& var,
                                         const VariableNames& anywhere) const;

 private:
  // VariableScope that the template uses, through [vars]; nullopt: one of them comes back to
  // itself.
  bool collect(const Template& text, std::map<std::string, std::string>& used,
               std::set<std::string>& open, const std::string& through) const;
  std::optional<std::string> call_problem(const Template& text) const;

  const Profile& profile_;
};

}  // namespace iotcard
