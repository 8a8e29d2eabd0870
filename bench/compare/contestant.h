// SPDX-License-Identifier: Apache-2.0
// contestant.h - The programs that are compared, and one run of one of them: a broker and a store
// of its own, the program connected and idle, then the storm. One thread; throws std::exception.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compare/stores.h"

namespace iotcard {

struct Contestant {
  enum class Kind : std::uint8_t { iotcardd, receiver, echo, node, python };
  Kind kind;
  std::string name;
  std::string about;
  std::string libraries;  // LD_LIBRARY_PATH; "": the system's
};

struct CompareOptions {
  std::int64_t reports = 100'000;
  std::int64_t cards = 1'000'000;
  int rounds = 5;
  std::int64_t steady_seconds = 10;
  std::int64_t steady_rate = 1'000;  // reports a second
  int inflight = 200;                // max_inflight_messages of the broker
  std::string stores;                // where filled stores are kept; "": nowhere
  std::string fast_paho;             // LD_LIBRARY_PATH for one more iotcardd
  std::vector<std::string> only;     // programs by name, in this order; empty: all
  std::string node_modules;
  std::string json;
};

struct Result {
  double per_second = 0;  // reports, until the last event was seen
  double user = 0;        // µs a report
  double system = 0;      // likewise
  double peak_mib = 0;
  std::optional<double> p50;  // ms, from a report to its event, at the steady rate
  std::optional<double> p99;

  double cpu() const { return user + system; }
};

std::vector<Contestant> contestants(const CompareOptions& options);

// `steadily`: and a steady stream of devices of its own behind the storm, where there are events.
Result run(const Contestant& contestant, const StormKind& kind, const CompareOptions& options,
           Stores& stores, bool steadily);

}  // namespace iotcard
