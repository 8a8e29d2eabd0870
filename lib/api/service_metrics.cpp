// SPDX-License-Identifier: Apache-2.0
// The families of /metrics about the program itself: the process, and the API that is asked.
#include <chrono>

#include "api/metric_families.h"
#include "api/metrics.h"

namespace iotcard {

// The names and the units that Prometheus' client libraries agreed on.
void add_process(MetricFamilies& families, const MetricsFacts& facts) {
  const ProcessUsage& used = facts.process;
  families.gauge("process_start_time_seconds", "When the daemon started, Unix time.",
                 std::chrono::duration<double>(facts.live.started_at.time_since_epoch()).count());
  families.counter("process_cpu_seconds_total",
                   "Time of all threads on a processor, in user and in system mode.",
                   used.cpu_seconds);
  if (used.memory) {
    families.gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.",
                   used.memory->resident_bytes);
    families.gauge("process_virtual_memory_bytes", "Address space of the process.",
                   used.memory->virtual_bytes);
  }
  if (used.threads) {
    families.gauge("process_threads", "Threads of the process.", *used.threads);
  }
  if (used.open_files) {
    families.gauge("process_open_fds", "File descriptors that are open.", *used.open_files);
  }
  if (used.max_files) {
    families.gauge("process_max_fds", "File descriptors that may be open.", *used.max_files);
  }
}

void add_api(MetricFamilies& families, const MetricsFacts& facts) {
  families.gauge("iotcardd_event_streams", "Streams of events that clients of the API have open.",
                 facts.event_streams);
  families.gauge("iotcardd_event_streams_max", "api.streams: one more is refused.",
                 facts.max_event_streams);
  MetricFamily& answers = families.family(MetricType::Counter, "iotcardd_api_requests_total",
                                          "Requests that the API answered, by class of status.");
  for (std::size_t i = 0; i < ApiCounts::classes.size(); ++i) {
    MetricFamilies::add(answers, {{"code", ApiCounts::classes[i]}},
                        static_cast<double>(facts.api.answers[i]));
  }
  MetricFamily& operations = families.family(
      MetricType::Counter, "iotcardd_api_operations_total",
      "Requests that were carried out or failed, by operation; not those that were refused "
      "before.");
  for (const ApiCounts::Operation& one : facts.api.operations) {
    MetricFamilies::add(operations, {{"operation", one.name}}, static_cast<double>(one.requests));
  }
  families.histogram("iotcardd_api_answer_seconds",
                     "Time from a complete request to its answer; of a stream, to its beginning.",
                     facts.api.seconds);
}

}  // namespace iotcard
