// SPDX-License-Identifier: Apache-2.0
#include "support/monitoring_files.h"

#include <rapidjson/document.h>

#include <regex>
#include <sstream>
#include <stdexcept>

#include "support/wait.h"
#include "support/yaml_json.h"

namespace iotcard {
namespace {

std::string text_in(const rapidjson::Value& object, const char* name) {
  if (!object.IsObject() || !object.HasMember(name) || !object[name].IsString()) return {};
  return object[name].GetString();
}

std::string with_values(std::string expression) {
  const std::pair<const char*, const char*> variables[] = {
      {R"(\$job)", ".*"}, {R"(\$instance)", ".*"}, {R"(\$__rate_interval)", "1m"}};
  for (const auto& [variable, value] : variables) {
    expression = std::regex_replace(expression, std::regex{variable}, value);
  }
  return expression;
}

}  // namespace

std::vector<AlertRule> alert_rules() {
  const rapidjson::Document file = json_of_yaml_file(rules_file);
  std::vector<AlertRule> rules;
  for (const auto& group : file["groups"].GetArray()) {
    for (const auto& rule : group["rules"].GetArray()) {
      AlertRule read{.name = text_in(rule, "alert"),
                     .expression = text_in(rule, "expr"),
                     .severity = text_in(rule["labels"], "severity"),
                     .annotations = {}};
      for (const auto& one : rule["annotations"].GetObject()) {
        read.annotations.emplace(one.name.GetString(), one.value.GetString());
      }
      rules.push_back(std::move(read));
    }
  }
  return rules;
}

std::vector<PanelExpression> panel_expressions() {
  rapidjson::Document dashboard;
  dashboard.Parse(read_file(dashboard_file).c_str());
  if (!dashboard.IsObject()) throw std::runtime_error(dashboard_file + " is no JSON object");
  std::vector<PanelExpression> found;
  for (const auto& panel : dashboard["panels"].GetArray()) {
    if (!panel.HasMember("targets")) continue;
    for (const auto& target : panel["targets"].GetArray()) {
      found.push_back({text_in(panel, "title"), with_values(text_in(target, "expr"))});
    }
  }
  return found;
}

std::vector<NamedMetric> named_metrics(const std::string& expression) {
  static const std::regex metric{R"re(\b((?:iotcardd|process)_[a-z_]+)\b(?:\{([^}]*)\})?)re"};
  static const std::regex matcher{R"re(([a-z_]+)\s*(?:=|!=|=~|!~)\s*"([^"]*)")re"};
  std::vector<NamedMetric> found;
  for (std::sregex_iterator at{expression.begin(), expression.end(), metric}, end; at != end;
       ++at) {
    const std::string name = (*at)[1];
    const std::string matchers = (*at)[2];
    found.push_back({name});
    for (std::sregex_iterator one{matchers.begin(), matchers.end(), matcher}; one != end; ++one) {
      // Prometheus adds these two.
      if ((*one)[1] == "job" || (*one)[1] == "instance") continue;
      NamedMetric labelled{name, (*one)[1]};
      std::istringstream values{(*one)[2]};
      for (std::string value; std::getline(values, value, '|');) labelled.values.push_back(value);
      found.push_back(std::move(labelled));
    }
  }
  return found;
}

}  // namespace iotcard
