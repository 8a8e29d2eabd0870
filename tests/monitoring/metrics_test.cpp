// SPDX-License-Identifier: Apache-2.0
// The real /metrics against what is said of it: by promtool, the rules, the dashboard, the manual.
#include <fmt/format.h>

#include <regex>
#include <set>

#include "monitoring/monitored_world.h"
#include "support/monitoring_files.h"
#include "support/prometheus.h"

using namespace iotcard;

namespace {

bool has_series(const PrometheusText& text, const std::string& name) {
  return std::any_of(text.series.begin(), text.series.end(), [&](const auto& series) {
    return series.first == name || series.first.starts_with(name + '{');
  });
}

bool has_label(const PrometheusText& text, const std::string& name, const std::string& label,
               const std::string& value) {
  const std::string wanted = label + "=\"" + value + '"';
  return std::any_of(text.series.begin(), text.series.end(), [&](const auto& series) {
    return series.first.starts_with(name + '{') && series.first.find(wanted) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("the metrics of a running daemon are those that promtool, rules and manual expect") {
  MonitoredWorld world;
  const std::string metrics = world.metrics();
  const PrometheusText text = read_prometheus_text(metrics);
  CHECK(text.problems == std::vector<std::string>{});
  CHECK(metrics.find(world.token) == std::string::npos);

  SECTION("promtool has no complaint") {
    if (has_prometheus()) {
      const PromtoolResult result = promtool(world.dir, {"check", "metrics"}, metrics);
      CHECK(result.text == "");
      CHECK(result.status == 0);
    }
  }
  SECTION("each metric that an alert or the dashboard names is there, with its labels") {
    std::vector<PanelExpression> all = panel_expressions();
    for (const AlertRule& rule : alert_rules()) all.push_back({rule.name, rule.expression});
    std::set<std::string> named;
    for (const PanelExpression& one : all) {
      INFO(one.panel << ": " << one.expression);
      for (const NamedMetric& metric : named_metrics(one.expression)) {
        INFO(metric.name << ' ' << metric.label);
        CHECK(has_series(text, metric.name));
        named.insert(metric.name);
        for (const std::string& value : metric.values) {
          INFO(value);
          CHECK(has_label(text, metric.name, metric.label, value));
        }
      }
    }
    CHECK(named.size() > 50);
  }
  SECTION("the manual names each metric, and none that does not exist") {
    const std::string manual = read_file(IOTCARD_SOURCE_DIR "/docs/operations.md");
    for (const auto& [family, type] : text.types) {
      INFO(family);
      CHECK(std::regex_search(manual, std::regex{"`" + family + "[`{]"}));
    }
    static const std::regex name{R"re(`((?:iotcardd|process)_[a-z_]+)[`{])re"};
    for (std::sregex_iterator at{manual.begin(), manual.end(), name}, end; at != end; ++at) {
      INFO((*at)[1]);
      CHECK(text.types.contains((*at)[1]));
    }
  }
}

TEST_CASE("requests count by class of status and by operation, whatever path is asked for") {
  MonitoredWorld world;
  const std::uint16_t port = world.daemon->api_port();
  const auto before = read_prometheus_text(world.metrics()).series;
  CHECK(http_get(port, "/card/list").status == 401);
  CHECK(http_get(port, "/no/such/path").status == 404);
  CHECK(http_get(port, "/readyz").status == 200);
  const std::map<std::string, std::string> token{{"Authorization", "Bearer " + world.token}};
  CHECK(http_get(port, "/card/" + documented_card, token).status == 200);
  CHECK(http_get(port, "/card/89860325740000000017", token).status == 404);
  const auto after = read_prometheus_text(world.metrics()).series;
  const auto grown = [&](const std::string& series) {
    INFO(series);
    REQUIRE(before.contains(series));
    REQUIRE(after.contains(series));
    return after.at(series) - before.at(series);
  };
  CHECK(grown(R"(iotcardd_api_requests_total{code="2xx"})") == 3);  // the first scrape is one
  CHECK(grown(R"(iotcardd_api_requests_total{code="4xx"})") == 3);
  CHECK(grown(R"(iotcardd_api_requests_total{code="5xx"})") == 0);
  CHECK(grown(R"(iotcardd_api_operations_total{operation="GET /card/{iccid}"})") == 2);
  CHECK(grown(R"(iotcardd_api_operations_total{operation="GET /card/list"})") == 0);  // refused
  CHECK(grown(R"(iotcardd_api_operations_total{operation="GET /readyz"})") == 1);
  CHECK(grown("iotcardd_api_answer_seconds_count") == 4);
  CHECK(after.size() == before.size());
  for (const auto& [series, value] : after) {
    CHECK(series.find(documented_card) == std::string::npos);
    CHECK(series.find("such") == std::string::npos);
  }
  CHECK(after.at("process_open_fds") > 10);
  CHECK(after.at("process_max_fds") >= after.at("process_open_fds"));
  CHECK(after.at("process_resident_memory_bytes") > 5e6);
  CHECK(after.at("process_threads") > 5);
  CHECK(after.at("iotcardd_journal_max_bytes") == double{1 << 30});
  CHECK(after.at("iotcardd_refresh_max_age_seconds") == 86400);
}
