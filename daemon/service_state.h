// SPDX-License-Identifier: Apache-2.0
// service_state.h - How the daemon fares, as its status topic says it. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/json_text.h"
#include "base/time.h"

namespace iotcard {

struct ServiceState {
  std::string state = "online";  // or "degraded"
  std::string reason{};          // "" when online
  // What an operator should change although reports are taken; a sentence each.
  std::vector<std::string> warnings{};
  bool degraded() const { return !reason.empty(); }
  friend bool operator==(const ServiceState&, const ServiceState&) = default;
};

// `since`: of state and reason. `client`: the daemon's client id.
inline std::string status_json(const ServiceState& now, const std::string& version, Instant since,
                               const std::string& client) {
  JsonText json;
  json.begin_object().member("state", now.state).member("version", version).member("since", since);
  if (now.degraded()) json.member("reason", now.reason);
  json.member("client", client);
  if (!now.warnings.empty()) json.member("warnings", now.warnings);
  return json.end_object().take();
}

inline std::string offline_json(const std::string& version, const std::string& client) {
  JsonText json;
  return json.begin_object()
      .member("state", "offline")
      .member("version", version)
      .member("client", client)
      .end_object()
      .take();
}

}  // namespace iotcard
