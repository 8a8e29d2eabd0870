// SPDX-License-Identifier: Apache-2.0
// The files in monitoring/ by themselves: rules, their runbook, the dashboard.
#include <fmt/format.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <regex>
#include <set>

#include "support/monitoring_files.h"
#include "support/prometheus.h"
#include "support/temp_dir.h"
#include "support/wait.h"

using namespace iotcard;

namespace {

const std::string folder = IOTCARD_SOURCE_DIR "/monitoring/prometheus";
const std::string manual = read_file(IOTCARD_SOURCE_DIR "/docs/operations.md");

bool may_ask_promtool() {
  if (has_prometheus()) return true;
  WARN("not tested: there is no promtool; scripts/install-deps.sh --test unpacks it");
  return false;
}

// The anchors that GitHub and its like make of the headings.
std::set<std::string> anchors_in(const std::string& markdown) {
  static const std::regex heading{R"((?:^|\n)#+ ([^\n]+))"};
  std::set<std::string> anchors;
  for (std::sregex_iterator at{markdown.begin(), markdown.end(), heading}, end; at != end; ++at) {
    std::string anchor;
    for (const char c : (*at)[1].str()) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0 || c == '-' || c == '_') {
        anchor += static_cast<char>(std::tolower(byte));
      }
      if (c == ' ') anchor += '-';
    }
    anchors.insert(anchor);
  }
  return anchors;
}

}  // namespace

TEST_CASE("promtool accepts the alert rules, and their tests succeed") {
  if (!may_ask_promtool()) return;
  TempDir dir;
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"check", "rules", rules_file},
           {"test", "rules", folder + "/iotcardd.tests.yml", folder + "/iotcardd-days.tests.yml"},
           {"check", "config", "--syntax-only",
            IOTCARD_SOURCE_DIR "/examples/prometheus/prometheus.yml"}}) {
    const PromtoolResult result = promtool(dir, arguments);
    INFO(result.text);
    CHECK(result.status == 0);
  }
}

TEST_CASE("each alert has a severity, a summary, a description and a section of the manual") {
  const std::set<std::string> anchors = anchors_in(manual);
  const std::string page = "docs/operations.md#";
  std::set<std::string> names;
  for (const AlertRule& rule : alert_rules()) {
    INFO(rule.name);
    CHECK(rule.name.starts_with("Iotcardd"));
    CHECK(names.insert(rule.name).second);
    CHECK((rule.severity == "critical" || rule.severity == "warning" || rule.severity == "info"));
    REQUIRE(rule.annotations.size() == 3);
    CHECK(rule.annotations.at("summary").size() > 10);
    CHECK(rule.annotations.at("description").size() > 10);
    const std::string runbook = rule.annotations.at("runbook");
    REQUIRE(runbook.starts_with(page));
    CHECK(anchors.contains(runbook.substr(page.size())));
    CHECK(manual.find("\n### " + rule.name + "\n") != std::string::npos);
  }
  CHECK(names.size() >= 17);
  // And no section of an alert that is gone.
  static const std::regex heading{R"(\n### (Iotcardd[^\n]+))"};
  for (std::sregex_iterator at{manual.begin(), manual.end(), heading}, end; at != end; ++at) {
    CHECK(names.contains((*at)[1]));
  }
}

TEST_CASE("each alert has a test in which it fires") {
  const std::string tests =
      read_file(folder + "/iotcardd.tests.yml") + read_file(folder + "/iotcardd-days.tests.yml");
  for (const AlertRule& rule : alert_rules()) {
    INFO(rule.name);
    CHECK(tests.find("alertname=\"" + rule.name + "\",alertstate=\"firing\"") != std::string::npos);
  }
}

TEST_CASE("promtool accepts each expression of the dashboard") {
  if (!may_ask_promtool()) return;
  TempDir dir;
  std::string rules = "groups:\n  - name: dashboard\n    rules:\n";
  int count = 0;
  for (const PanelExpression& one : panel_expressions()) {
    REQUIRE(!one.expression.empty());
    CHECK(one.expression.find('$') == std::string::npos);
    rules += fmt::format("      - record: panel:{}\n        expr: '{}'\n", ++count, one.expression);
  }
  CHECK(count > 40);
  write_file(dir.file("rules.yml"), rules);
  const PromtoolResult result = promtool(dir, {"check", "rules", dir.file("rules.yml")});
  INFO(result.text);
  CHECK(result.status == 0);
}

TEST_CASE("the dashboard can be imported into any Grafana: no data source, no id of a server") {
  rapidjson::Document dashboard;
  dashboard.Parse(read_file(dashboard_file).c_str());
  REQUIRE(dashboard.IsObject());
  CHECK(dashboard["id"].IsNull());
  CHECK(dashboard["uid"] == "iotcardd");
  std::set<std::string> variables;
  for (const auto& variable : dashboard["templating"]["list"].GetArray()) {
    variables.insert(variable["name"].GetString());
  }
  CHECK(variables == std::set<std::string>{"datasource", "job", "instance"});

  std::set<int> ids;
  std::set<std::string> titles;
  std::set<std::pair<int, int>> taken;  // columns and lines of the grid
  std::vector<std::string> rows;
  for (const auto& panel : dashboard["panels"].GetArray()) {
    const std::string title = panel["title"].GetString();
    INFO(title);
    CHECK(ids.insert(panel["id"].GetInt()).second);
    CHECK(titles.insert(title).second);
    const auto& place = panel["gridPos"];
    CHECK(place["x"].GetInt() + place["w"].GetInt() <= 24);
    bool overlaps = false;
    for (int x = 0; x < place["w"].GetInt(); ++x) {
      for (int y = 0; y < place["h"].GetInt(); ++y) {
        overlaps |= !taken.insert({place["x"].GetInt() + x, place["y"].GetInt() + y}).second;
      }
    }
    CHECK_FALSE(overlaps);
    if (panel["type"] == "row") {
      rows.push_back(title);
      continue;
    }
    CHECK(panel["datasource"]["uid"] == "${datasource}");
    CHECK(panel["fieldConfig"]["defaults"].HasMember("unit"));
    for (const auto& target : panel["targets"].GetArray()) {
      CHECK(target["datasource"]["uid"] == "${datasource}");
      const std::string expression = target["expr"].GetString();
      CHECK(expression.find(R"(job=~"$job", instance=~"$instance")") != std::string::npos);
    }
  }
  CHECK(rows == std::vector<std::string>{"Health", "Reports", "Cards", "Platforms"});
}
