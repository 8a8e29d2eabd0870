// SPDX-License-Identifier: Apache-2.0
#include "compare/table.h"

#include <fmt/core.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <functional>

#include "load/usage.h"

namespace iotcard {
namespace {

using Value = std::function<double(const Result&)>;

std::vector<double> values(const std::vector<Result>& results, const Value& value) {
  std::vector<double> all;
  for (const Result& result : results) all.push_back(value(result));
  return all;
}

// Of each round by itself.
double ratio(const std::vector<Result>& of, const std::vector<Result>& to, const Value& value) {
  std::vector<double> all;
  for (std::size_t i = 0; i < std::min(of.size(), to.size()); ++i) {
    all.push_back(value(of[i]) / value(to[i]));
  }
  return median(std::move(all));
}

double speed(const Result& result) {
  return result.per_second;
}
double cpu(const Result& result) {
  return result.cpu();
}
double p99(const Result& result) {
  return result.p99.value_or(0);
}

struct Goal {
  std::size_t storm;
  const char* of;
  const char* to;
  const char* about;
  double (*value)(const Result&);
  double limit;
  bool at_least;
};

constexpr Goal goals[] = {
    {0, "iotcardd", "echo", "reports/s", speed, 1.05, true},
    {0, "iotcardd", "node", "reports/s", speed, 1.0, true},
    {0, "iotcardd", "echo", "p99", p99, 2.0, false},
    {0, "iotcardd-fast", "node", "reports/s", speed, 1.25, true},
    {0, "iotcardd-fast", "node", "CPU", cpu, 1.0, false},
    {1, "iotcardd", "receiver", "reports/s", speed, 0.95, true},
};

std::string optional_number(bool there, double value) {
  return there ? fmt::format("{:.2f}", value) : "-";
}

}  // namespace

void print_table(const StormResults& storm, const std::vector<Contestant>& contestants) {
  fmt::print("\n{}: {}\n", storm.kind.name, storm.kind.about);
  fmt::print("{:<15}{:>11}{:>10}{:>9}{:>9}{:>9}{:>9}{:>10}{:>9}{:>9}\n", "program", "reports/s",
             "of ours", "CPU us", "user", "system", "of ours", "peak MiB", "p50 ms", "p99 ms");
  const auto ours = storm.by_name.find("iotcardd");
  for (const Contestant& contestant : contestants) {
    const auto found = storm.by_name.find(contestant.name);
    if (found == storm.by_name.end()) continue;
    const std::vector<Result>& results = found->second;
    const bool compared = ours != storm.by_name.end();
    const auto middle = [&](const Value& value) { return median(values(results, value)); };
    fmt::print("{:<15}{:>11.0f}{:>10}{:>9.1f}{:>9.1f}{:>9.1f}{:>9}{:>10.1f}{:>9}{:>9}\n",
               contestant.name, middle(speed),
               optional_number(compared, compared ? ratio(results, ours->second, speed) : 0),
               middle(cpu), middle([](const Result& r) { return r.user; }),
               middle([](const Result& r) { return r.system; }),
               optional_number(compared, compared ? ratio(results, ours->second, cpu) : 0),
               middle([](const Result& r) { return r.peak_mib; }),
               optional_number(results[0].p50.has_value(),
                               middle([](const Result& r) { return r.p50.value_or(0); })),
               optional_number(results[0].p99.has_value(), middle(p99)));
  }
}

bool print_goals(const std::vector<StormResults>& storms) {
  bool all = true;
  fmt::print("\ngoals, as medians of the ratios of each round\n");
  for (const Goal& goal : goals) {
    if (goal.storm >= storms.size()) continue;
    const auto& by_name = storms[goal.storm].by_name;
    const auto of = by_name.find(goal.of);
    const auto to = by_name.find(goal.to);
    if (of == by_name.end() || to == by_name.end()) continue;
    const double reached = ratio(of->second, to->second, goal.value);
    const bool good = goal.at_least ? reached >= goal.limit : reached <= goal.limit;
    all = all && good;
    fmt::print("  {:<10} {:<9} {:<13} / {:<9} {:>6.2f}   at {:<5} {:.2f}: {}\n",
               storms[goal.storm].kind.name, goal.about, goal.of, goal.to, reached,
               goal.at_least ? "least" : "most", goal.limit, good ? "yes" : "NO");
  }
  return all;
}

std::string as_json(const std::vector<StormResults>& storms, const CompareOptions& options,
                    const std::vector<std::pair<std::string, std::string>>& machine) {
  rapidjson::StringBuffer text;
  rapidjson::PrettyWriter json{text};
  json.SetIndent(' ', 2);
  const auto number = [&](const char* name, double value) {
    json.Key(name);
    json.Double(value);
  };
  json.StartObject();
  json.Key("machine");
  json.StartObject();
  for (const auto& [name, value] : machine) {
    json.Key(name.c_str());
    json.String(value.c_str());
  }
  json.EndObject();
  number("reports", static_cast<double>(options.reports));
  number("cards", static_cast<double>(options.cards));
  number("steady_rate", static_cast<double>(options.steady_rate));
  json.Key("storms");
  json.StartArray();
  for (const StormResults& storm : storms) {
    json.StartObject();
    json.Key("name");
    json.String(storm.kind.name.c_str());
    json.Key("programs");
    json.StartObject();
    for (const auto& [name, results] : storm.by_name) {
      json.Key(name.c_str());
      json.StartArray();
      for (const Result& result : results) {
        json.StartObject();
        number("reports_per_second", result.per_second);
        number("user_us", result.user);
        number("system_us", result.system);
        number("peak_mib", result.peak_mib);
        if (result.p50) number("p50_ms", *result.p50);
        if (result.p99) number("p99_ms", *result.p99);
        json.EndObject();
      }
      json.EndArray();
    }
    json.EndObject();
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return std::string{text.GetString()} + "\n";
}

}  // namespace iotcard
