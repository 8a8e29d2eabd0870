// SPDX-License-Identifier: Apache-2.0
// api_host.h - What the API needs of the program that it runs in, as functions. The API's threads
// call them, several at a time; they must not wait for a report. Values only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/metrics.h"
#include "api/web_files.h"
#include "base/log_level.h"
#include "base/setting.h"
#include "domain/device.h"
#include "operations/doctor/service_doctor.h"
#include "operations/operation.h"
#include "operations/platform_test.h"
#include "operations/status.h"

namespace iotcard {

struct ApiHealth {
  bool ready = true;   // the store is reached, the broker is connected, reports are taken
  std::string state;   // "online", "degraded" or "connecting"
  std::string cause;   // why not ready, without names and paths, for anybody; "" when ready
  std::string reason;  // the same as the log says it, for callers who may read
};

struct AskResult {
  enum class End : std::uint8_t {
    acknowledged,  // the broker has the request; the device may still miss it
    unheard_of,    // the device has never reported
    no_topic,      // it is not known where the device listens
    not_connected,
    refused,    // by the broker
    no_answer,  // the broker did not acknowledge in time
  };
  End end = End::acknowledged;
  std::string topic;
  std::string reason;  // for a person; "" if acknowledged
};

// What a console shows of the daemon that it is connected to.
struct ServiceIdentity {
  std::string version{};
  std::string prefix{};                  // of topics
  bool keeps_events = false;             // published ones
  std::chrono::seconds device_silent{};  // 0: off
};

struct ApiHost {
  // A new connection to the store, and a read-only one; both throw StoreError.
  std::function<std::unique_ptr<Store>()> open_store;
  std::function<std::unique_ptr<Store>()> open_store_to_read;
  // The rules in force, the time, and who acts.
  std::function<Context(const std::string& by)> context;
  std::function<std::vector<std::string>()> mapping_folders;  // of card lists
  // Only for lists that are tried before they are imported; emptied at start and end.
  std::function<std::string()> upload_folder{};
  std::function<Duration()> card_max_age;  // [refresh] max_age
  std::function<ApiHealth()> health;
  std::function<LiveFacts()> facts;
  std::function<SettingsInForce()> settings{};  // of the configuration in force
  // What /status and /doctor tell of the daemon and of this machine.
  std::function<StatusInputs()> status{};
  std::function<ServiceFacts()> service{};
  std::function<ServiceIdentity()> identity{};
  // `force`: even if the device has never reported.
  std::function<AskResult(const DeviceKey&, bool force)> ask;
  // Tries a card platform; blocks until it has answered. `go_on` is asked before each request.
  // Throws OperationError: not_found, invalid (it has no profile), conflict (one is under way).
  std::function<PlatformTest(std::int64_t platform, const std::optional<Iccid>& card,
                             const std::function<bool()>& go_on)>
      test_platform{};
  // A request for a card platform is in the store.
  std::function<void()> notify_platforms;
  std::function<void(LogLevel, const std::string&)> log;
  // The web console; null: api.web is false.
  std::shared_ptr<const WebFiles> web{};
};

}  // namespace iotcard
