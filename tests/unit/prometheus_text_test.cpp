// SPDX-License-Identifier: Apache-2.0
#include "support/prometheus_text.h"

#include <catch2/catch.hpp>
#include <string>

using namespace iotcard;

TEST_CASE("the reader of the tests finds text that a scraper would refuse") {
  const std::string good = "# HELP a_total Help.\n# TYPE a_total counter\na_total 1\n";
  CHECK(read_prometheus_text(good).problems.empty());
  for (const char* bad : {"a_total 2\n", "# HELP a_total Help.\n", "# TYPE a_total counter\n",
                          "# TYPE b gauge\n", "other 1\n", "a_total{x=\"\"y\"} 1\n", "a_total x\n",
                          "a_total{x=\"y\\z\"} 1\n", "\n", "a_total{x=\"y\"} 1"}) {
    INFO(bad);
    CHECK_FALSE(read_prometheus_text(good + bad).problems.empty());
  }
  const auto is_histogram = [](const std::string& buckets) {
    const std::string head = "# HELP h Help.\n# TYPE h histogram\n";
    return read_prometheus_text(head + buckets + "h_sum 3\nh_count 2\n").problems.empty();
  };
  CHECK(is_histogram("h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n"));
  CHECK_FALSE(is_histogram("h_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 2\n"));
  CHECK_FALSE(is_histogram("h_bucket{le=\"1\"} 1\n"));
}
