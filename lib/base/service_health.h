// SPDX-License-Identifier: Apache-2.0
// service_health.h - A failed request to a remote service, and how the service has answered so far:
// what breaker.h judges, and what a store keeps and operators see. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/service_fault.h"
#include "base/time.h"

namespace iotcard {

struct ServiceFailure {
  ServiceFault fault;
  std::string text;                                   // for people; without secrets
  std::optional<std::chrono::seconds> retry_after{};  // that the service asked for
};

// How a service has answered so far, as far as it must outlive the process: whether it may be
// asked now, and what an operator wants to see.
struct ServiceHealth {
  std::int64_t failures = 0;             // in a row; 0: the last request was answered
  std::optional<Instant> next_try{};     // not asked before this time; absent: at any time
  std::optional<Instant> last_answer{};  // when it last answered
  std::optional<Instant> last_failure{};
  std::string fault{};    // the kind of the last failure, one of service_fault_names
  std::string failure{};  // the last failure, for people; without secrets

  friend bool operator==(const ServiceHealth&, const ServiceHealth&) = default;
};

}  // namespace iotcard
