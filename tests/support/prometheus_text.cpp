// SPDX-License-Identifier: Apache-2.0
#include "support/prometheus_text.h"

#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>

namespace iotcard {
namespace {

// The family that a series belongs to: of a histogram each has a suffix.
std::string family_of(const std::string& name, const std::map<std::string, std::string>& types) {
  for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(suffix)) continue;
    const std::string family = name.substr(0, name.size() - suffix.size());
    const auto type = types.find(family);
    if (type != types.end() && type->second == "histogram") return family;
  }
  return name;
}

class Reading {
 public:
  void line(const std::string& text) {
    static const std::regex help{R"(# HELP ([a-z][a-z0-9_]*) (.*\S))"};
    static const std::regex type{R"(# TYPE ([a-z][a-z0-9_]*) (counter|gauge|histogram))"};
    static const std::string label = R"re([a-z_]+="(?:[^"\\\n]|\\[\\"n])*")re";
    static const std::regex sample{R"re((([a-z][a-z0-9_]*)(\{)re" + label + "(?:," + label +
                                   R"re()*\})?) ([^ ]+))re"};
    std::smatch match;
    if (std::regex_match(text, match, help)) {
      if (!helped_.insert(match[1]).second) problem(text, "a second HELP");
    } else if (std::regex_match(text, match, type)) {
      if (!helped_.contains(match[1])) problem(text, "no HELP before it");
      if (!found_.types.emplace(match[1], match[2]).second) problem(text, "a second TYPE");
      family_ = match[1];
      if ((match[2] == "counter") != family_.ends_with("_total")) {
        problem(text, "a counter, and nothing else, ends in _total");
      }
    } else if (std::regex_match(text, match, sample)) {
      take(text, match[1], match[2], match[4]);
    } else {
      problem(text, "is no line of the format");
    }
  }

  // Buckets are cumulative, and the last of them is the count, for each set of other labels.
  void check_histograms() {
    for (const auto& [family, type] : found_.types) {
      if (type != "histogram") continue;
      std::size_t whole = 0;
      std::size_t counts = 0;
      for (const auto& [series, value] : found_.series) {
        const std::string last = R"(le="+Inf"})";
        if (series.starts_with(family + "_count")) ++counts;
        if (!series.starts_with(family + "_bucket{") || !series.ends_with(last)) continue;
        std::string labels = series.substr(family.size() + std::string{"_bucket"}.size());
        labels.erase(labels.size() - last.size());
        labels = labels == "{" ? "" : labels.substr(0, labels.size() - 1) + '}';
        const auto count = found_.series.find(family + "_count" + labels);
        const bool summed = found_.series.contains(family + "_sum" + labels);
        if (summed && count != found_.series.end() && count->second == value) ++whole;
      }
      if (whole == 0 || whole != counts) {
        problem(family, "its last bucket is not its count, or one of them is missing");
      }
    }
  }

  PrometheusText take_found() { return std::move(found_); }
  void problem(const std::string& text, const std::string& what) {
    found_.problems.push_back(text + ": " + what);
  }

 private:
  void take(const std::string& text, const std::string& series, const std::string& name,
            const std::string& number) {
    char* end = nullptr;
    const double value = std::strtod(number.c_str(), &end);  // reads +Inf and NaN as well
    if (end == number.c_str() || *end != '\0') problem(text, "its value is no number");
    if (family_of(name, found_.types) != family_) problem(text, "not behind its own TYPE");
    if (!found_.series.emplace(series, value).second) problem(text, "a second time");
    const bool bucket = name.ends_with("_bucket");
    if (bucket && name == bucket_ && value < below_) problem(text, "less than the bucket below");
    bucket_ = bucket ? name : "";
    below_ = value;
  }

  PrometheusText found_;
  std::set<std::string> helped_;
  std::string family_;  // of the last TYPE
  std::string bucket_;  // of the line before, "" if it was none
  double below_ = 0;
};

}  // namespace

std::map<std::string, double> PrometheusText::by_label(const std::string& family) const {
  std::map<std::string, double> found;
  for (const auto& [name, value] : series) {
    if (name.rfind(family + '{', 0) != 0) continue;
    const std::size_t from = name.find('"') + 1;
    found.emplace(name.substr(from, name.rfind('"') - from), value);
  }
  return found;
}

PrometheusText read_prometheus_text(const std::string& text) {
  Reading reading;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) reading.line(line);
  if (!text.ends_with('\n')) reading.problem("the end", "no line end");
  reading.check_histograms();
  return reading.take_found();
}

}  // namespace iotcard
