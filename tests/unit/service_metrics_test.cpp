// SPDX-License-Identifier: Apache-2.0
// What /metrics says of the process and of the requests to the API.
#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <latch>
#include <thread>

#include "api/metrics.h"
#include "api/process_usage.h"
#include "api/request_counts.h"
#include "base/file_descriptor.h"
#include "support/prometheus_text.h"

using namespace iotcard;
using std::chrono::milliseconds;

TEST_CASE("a process is told its memory, threads, processor time and descriptors") {
  const ProcessUsage before = read_process_usage();
  REQUIRE(before.memory);
  CHECK(before.memory->resident_bytes > 1'000'000);
  CHECK(before.memory->virtual_bytes > before.memory->resident_bytes);
  REQUIRE(before.threads);
  REQUIRE(before.open_files);
  CHECK(before.max_files.value_or(1'000'000) > *before.open_files);

  std::latch counted{1};
  std::thread other{[&] { counted.wait(); }};
  const FileDescriptor one{open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const FileDescriptor two{open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const ProcessUsage after = read_process_usage();
  counted.count_down();
  other.join();
  CHECK(after.threads == *before.threads + 1);
  CHECK(after.open_files == *before.open_files + 2);
  CHECK(after.cpu_seconds >= before.cpu_seconds);
  CHECK(after.cpu_seconds > 0);
}

TEST_CASE("an answer counts in the class of its status, and a request for its operation") {
  RequestCounts requests{{"GET /card/list", "PUT /card/{iccid}"}};
  for (const int status : {200, 204, 304, 404, 401, 503, 999, 0, -100}) requests.answered(status);
  requests.worked(1, milliseconds{3});
  requests.worked(1, milliseconds{30});
  const ApiCounts counts = requests.counts();
  CHECK(counts.answers == std::array<std::uint64_t, 4>{2, 1, 2, 1});
  CHECK(counts.operations.at(0).requests == 0);
  CHECK(counts.operations.at(1).requests == 2);
  CHECK(counts.seconds.count() == 2);

  MetricsFacts facts{.live = {}, .stored = {}};
  facts.api = counts;
  facts.event_streams = 3;
  facts.max_event_streams = 16;
  const PrometheusText text = read_prometheus_text(metrics_text(facts));
  CHECK(text.problems == std::vector<std::string>{});
  const std::map<std::string, double> expected{
      {R"(iotcardd_api_requests_total{code="2xx"})", 2},
      {R"(iotcardd_api_requests_total{code="5xx"})", 1},
      {R"(iotcardd_api_operations_total{operation="GET /card/list"})", 0},
      {R"(iotcardd_api_operations_total{operation="PUT /card/{iccid}"})", 2},
      {R"(iotcardd_api_answer_seconds_bucket{le="0.005"})", 1},
      {"iotcardd_api_answer_seconds_count", 2},
      {"iotcardd_event_streams", 3},
      {"iotcardd_event_streams_max", 16}};
  for (const auto& [series, value] : expected) {
    INFO(series);
    REQUIRE(text.series.contains(series));
    CHECK(text.series.at(series) == value);
  }
}

TEST_CASE("what the kernel does not say of a process is left out") {
  MetricsFacts facts{.live = {}, .stored = {}};
  facts.process = {.cpu_seconds = 1.5};
  const PrometheusText text = read_prometheus_text(metrics_text(facts));
  CHECK(text.series.at("process_cpu_seconds_total") == 1.5);
  CHECK_FALSE(text.types.contains("process_resident_memory_bytes"));
  CHECK_FALSE(text.types.contains("process_open_fds"));
  CHECK_FALSE(text.types.contains("process_max_fds"));

  facts.process = {.memory = ProcessUsage::Memory{.resident_bytes = 5, .virtual_bytes = 9},
                   .threads = 3,
                   .open_files = 7,
                   .max_files = 1024};
  facts.live.journal_max_bytes = 1'000'000;
  facts.card_max_age = std::chrono::hours{24};
  const PrometheusText full = read_prometheus_text(metrics_text(facts));
  CHECK(full.problems == std::vector<std::string>{});
  CHECK(full.series.at("process_resident_memory_bytes") == 5);
  CHECK(full.series.at("process_virtual_memory_bytes") == 9);
  CHECK(full.series.at("process_threads") == 3);
  CHECK(full.series.at("process_open_fds") == 7);
  CHECK(full.series.at("process_max_fds") == 1024);
  CHECK(full.series.at("iotcardd_journal_max_bytes") == 1'000'000);
  CHECK(full.series.at("iotcardd_refresh_max_age_seconds") == 86400);
}
