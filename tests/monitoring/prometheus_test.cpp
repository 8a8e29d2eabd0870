// SPDX-License-Identifier: Apache-2.0
// A real Prometheus, configured as the example says, on a real daemon.
#include "support/prometheus.h"

#include <fmt/format.h>

#include <regex>
#include <set>

#include "monitoring/monitored_world.h"
#include "support/monitoring_files.h"

using namespace iotcard;

namespace {

// All of the first text become the second one.
std::string with(const std::string& text, const std::string& from, const std::string& to) {
  std::string result;
  std::size_t at = 0;
  for (std::size_t found; (found = text.find(from, at)) != std::string::npos;) {
    result += text.substr(at, found - at) + to;
    at = found + from.size();
  }
  REQUIRE(at > 0);
  return result + text.substr(at);
}

// The rules as they are, but that each waits a second.
std::string hasty_rules() {
  return std::regex_replace(read_file(rules_file), std::regex{R"(\bfor: [0-9]+m)"}, "for: 1s");
}

std::string example_config(const MonitoredWorld& world) {
  std::string text = read_file(IOTCARD_SOURCE_DIR "/examples/prometheus/prometheus.yml");
  text = with(text, "interval: 30s", "interval: 500ms");
  text = with(text, "/usr/share/iotcardd/prometheus/iotcardd.rules.yml",
              world.dir.file("hasty.rules.yml"));
  text = with(text, "/etc/prometheus/iotcardd.token", world.dir.file("token"));
  return with(text, "127.0.0.1:8480", fmt::format("127.0.0.1:{}", world.daemon->api_port()));
}

std::string target_health(const Prometheus& prometheus) {
  const auto targets = prometheus.get("targets");
  const auto& active = targets["activeTargets"];
  return active.Empty() ? "" : active[0]["health"].GetString();
}

// The alerts in this state, by name.
std::set<std::string> alerts(const Prometheus& prometheus, const std::string& state) {
  std::set<std::string> names;
  const auto found = prometheus.get("alerts");
  for (const auto& alert : found["alerts"].GetArray()) {
    if (alert["state"].GetString() == state) names.insert(alert["labels"]["alertname"].GetString());
  }
  return names;
}

// Panels that are empty while all is well.
bool may_be_empty(const PanelExpression& one) {
  return one.panel == "Webhooks that fail" || one.expression.ends_with("> 0");
}

}  // namespace

TEST_CASE("Prometheus scrapes the daemon with its token, and an alert fires and resolves") {
  if (!has_prometheus()) {
    WARN("not tested: there is no Prometheus; scripts/install-deps.sh --test unpacks it");
    return;
  }
  MonitoredWorld world;
  write_file(world.dir.file("token"), "not-the-token-0123456789\n");
  write_file(world.dir.file("hasty.rules.yml"), hasty_rules());
  Prometheus prometheus{world.dir, example_config(world)};
  REQUIRE(eventually([&] { return target_health(prometheus) == "down"; }));
  REQUIRE(eventually([&] { return alerts(prometheus, "firing").contains("IotcarddDown"); }));
  write_file(world.dir.file("token"), MonitoredWorld::token + "\n");  // read at each scrape
  REQUIRE(eventually([&] { return target_health(prometheus) == "up"; }));
  REQUIRE(eventually([&] { return alerts(prometheus, "firing").empty(); }));

  // Each rule can be evaluated on real series: labels that do not fit would be an error.
  REQUIRE(eventually([&] {
    const auto groups = prometheus.get("rules");
    for (const auto& group : groups["groups"].GetArray()) {
      for (const auto& rule : group["rules"].GetArray()) {
        INFO(rule["name"].GetString());
        if (rule["health"] == "unknown") return false;
        CHECK(rule["health"] == "ok");
      }
    }
    return !groups["groups"].Empty();
  }));
  std::size_t panels = 0;
  for (const PanelExpression& one : panel_expressions()) {
    INFO(one.panel << ": " << one.expression);
    // Rates need two scrapes.
    CHECK(eventually([&] {
      const auto result = prometheus.query(one.expression);
      return !result.Empty() || may_be_empty(one);
    }));
    ++panels;
  }
  CHECK(panels > 40);

  world.forget();
  world.broker.stop();
  REQUIRE(eventually([&] {
    return alerts(prometheus, "firing") == std::set<std::string>{"IotcarddNotConnected"};
  }));
  const auto found = prometheus.get("alerts");
  const auto& annotations = found["alerts"][0]["annotations"];
  CHECK(annotations["summary"].GetString() ==
        fmt::format("iotcardd at 127.0.0.1:{} is not connected to its broker",
                    world.daemon->api_port()));
  world.broker.start();
  CHECK(eventually([&] { return alerts(prometheus, "firing").empty(); }));
}
