// SPDX-License-Identifier: Apache-2.0
// service_state.h - How the daemon fares, as its status topic says it. Pure; any thread.
#pragma once

#include <string>

#include "base/json_text.h"
#include "base/time.h"

namespace iotcard {

struct ServiceState {
  std::string state = "online";  // or "degraded"
  std::string reason{};          // "" when online
  bool degraded() const { return !reason.empty(); }
  friend bool operator==(const ServiceState&, const ServiceState&) = default;
};

inline std::string status_json(const ServiceState& now, const std::string& version, Instant since) {
  JsonText json;
  json.begin_object().member("state", now.state).member("version", version).member("since", since);
  if (now.degraded()) json.member("reason", now.reason);
  return json.end_object().take();
}

inline std::string offline_json(const std::string& version) {
  JsonText json;
  return json.begin_object()
      .member("state", "offline")
      .member("version", version)
      .end_object()
      .take();
}

}  // namespace iotcard
