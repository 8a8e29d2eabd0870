// SPDX-License-Identifier: Apache-2.0
// service.h - The daemon: makes its parts from the configuration, wires them to each other, runs
// until a signal ends it, and reports its state to systemd and on the status topic.
// Threads: all public functions are the main thread's, which is the only one to take signals; the
// parts have threads of their own, named in docs/architecture.md.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "api/api_server.h"
#include "broker_link.h"
#include "config/config.h"
#include "import_finisher.h"
#include "pending_publishes.h"
#include "pipeline.h"
#include "platforms.h"
#include "service_state.h"
#include "systemd_status.h"

namespace iotcard {

class Service {
 public:
  // Opens store and journal, takes the API's port; throws ConfigError, StoreError, JournalError
  // or, for the port and the API's tokens, std::runtime_error.
  Service(Config config, std::string config_path, std::string version);
  ~Service();

  enum class End {
    clean,
    // A report could not be made safe and must not be acknowledged: the store is closed to it, and
    // the process must end without the destructors, which would wait for that report.
    while_holding,
  };
  End run();

 private:
  void start();
  End stop();
  void reload();
  void load_and_apply();
  void apply(const Config& config, bool new_session);
  void restore(bool new_session) noexcept;
  void tick();
  void set_state(const ServiceState& now);

  Pipeline::Hooks pipeline_hooks();
  BrokerLink::Ports broker_ports();
  ApiOptions api_options() const;
  ApiHost api_host();
  Platforms::Ports platform_ports();

  // From any thread.
  std::shared_ptr<const ApplyRules> rules() const;
  Context context(const std::string& by) const;
  ApiHealth api_health() const;
  AskResult ask(const DeviceKey& device);
  LiveFacts live_facts() const;
  std::optional<std::string> apply_card_state(Store& store, const std::string& iccid,
                                              const std::string& payload) const;

  Config config_;
  const std::string config_path_;
  const std::string version_;
  const std::string client_id_;
  const SystemClock clock_;
  const Instant started_at_ = clock_.now();
  Instant state_since_;
  SystemdStatus systemd_;

  mutable std::mutex mutex_;
  std::shared_ptr<const ApplyRules> rules_;  // guarded by mutex_
  ServiceState state_;                       // guarded by mutex_; the main thread writes

  // The parts call each other; ~Service() stops them first.
  BrokerLink link_;
  Pipeline pipeline_;
  Platforms platforms_;
  PendingPublishes pending_publishes_;
  ApiServer api_;
  ImportFinisher import_finisher_;
};

}  // namespace iotcard
