// SPDX-License-Identifier: Apache-2.0
// service_fault.h - Why a request to a remote service failed: the kinds that logs, metrics and the
// stored health of a service share. Not an error of HTTP alone: an answer can be one of these too.
// Pure; any thread.
#pragma once

#include <cstdint>

#include "base/name_table.h"

namespace iotcard {

enum class ServiceFault : std::uint8_t {
  unreachable,   // no connection, or none that can be trusted
  timeout,       // no answer in time
  rate_limited,  // the service says that there are too many requests
  log_in,        // the service does not accept our credentials
  unavailable,   // the service says that it is unavailable for now
  refused,       // any other error that the service reports: about the request, not the service
  unreadable,    // the answer is not what we expect of the service
  interrupted,   // by us: the program ends
};
inline constexpr auto service_fault_names =
    make_name_table<ServiceFault>("unreachable", "timeout", "rate_limited", "log_in", "unavailable",
                                  "refused", "unreadable", "interrupted");

}  // namespace iotcard
