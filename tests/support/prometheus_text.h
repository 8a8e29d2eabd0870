// SPDX-License-Identifier: Apache-2.0
// prometheus_text.h - Prometheus' text format 0.0.4, read strictly: what a scraper would stumble
// over, or a linter would complain about, is named. Any thread.
// Source: the exposition format's page in Prometheus' documentation.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace iotcard {

struct PrometheusText {
  std::map<std::string, std::string> types;  // by family: counter, gauge, histogram
  std::map<std::string, double> series;      // "name{label="value"}", as it stands in the text
  std::vector<std::string> problems;         // a line each; empty: all is well

  // The series of one family, by the value of its only label.
  std::map<std::string, double> by_label(const std::string& family) const;
};

PrometheusText read_prometheus_text(const std::string& text);

}  // namespace iotcard
