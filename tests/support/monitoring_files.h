// SPDX-License-Identifier: Apache-2.0
// monitoring_files.h - What the files in monitoring/ say: the alert rules, and the expressions of
// the dashboard; and which metrics an expression names. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace iotcard {

inline const std::string rules_file =
    IOTCARD_SOURCE_DIR "/monitoring/prometheus/iotcardd.rules.yml";
inline const std::string dashboard_file = IOTCARD_SOURCE_DIR "/monitoring/grafana/iotcardd.json";

struct AlertRule {
  std::string name;
  std::string expression;
  std::string severity;  // "" if it has none
  std::map<std::string, std::string> annotations;
};
// Throws std::runtime_error for a file of another shape.
std::vector<AlertRule> alert_rules();

struct PanelExpression {
  std::string panel;
  std::string expression;  // with the values that Grafana would put in for its variables
};
std::vector<PanelExpression> panel_expressions();

// A metric of this program that an expression names, with a matcher of its labels, if there is one:
// each of `values` is to be a value of `label`.
struct NamedMetric {
  std::string name;
  std::string label{};
  std::vector<std::string> values{};
};
std::vector<NamedMetric> named_metrics(const std::string& expression);

}  // namespace iotcard
