// SPDX-License-Identifier: Apache-2.0
// service.h - The daemon: makes its parts from the configuration, connects them to each other, runs
// until a signal ends it, and reports its state to systemd and on the status topic.
// Threads: only the main thread calls the public functions, and it alone receives signals; the
// parts have threads of their own, listed in docs/architecture.md.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "api/api_server.h"
#include "broker_link.h"
#include "config/config.h"
#include "device_requests.h"
#include "import_finisher.h"
#include "pipeline.h"
#include "platforms.h"
#include "service_state.h"
#include "systemd_status.h"
#include "webhooks.h"

namespace iotcard {

class Service {
 public:
  // Opens the store and the journal and listens on the API's port; throws ConfigError, StoreError,
  // JournalError or, for the port and the API's tokens, std::runtime_error.
  Service(Config config, std::string config_path, std::string version);
  ~Service();

  enum class End {
    clean,
    // The broker's thread waits with a report that the journal does not take, and which must not be
    // acknowledged. The process must end without destructors, which would wait for that thread.
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
  AskResult ask(const DeviceKey& device, bool force);
  Platforms::Ports platform_ports();
  Webhooks::Ports webhook_ports();

  // From any thread.
  std::shared_ptr<const ApplyRules> rules() const;
  Context context(const std::string& by) const;
  // One more connection. Not while another file has the name of the store's file: SQLite would
  // apply the log of the one to the other.
  std::unique_ptr<Store> open_connection() const;
  ApiHealth api_health() const;
  LiveFacts live_facts() const;
  DaemonFacts daemon_facts() const;
  StatusInputs status_inputs() const;
  ServiceFacts service_facts() const;
  SettingsInForce settings_in_force() const;
  ServiceIdentity identity() const;
  std::optional<std::string> apply_card_state(Store& store, const std::string& iccid,
                                              const std::string& payload) const;

  Config config_;
  const std::string config_path_;
  const std::string version_;
  const std::string client_id_;
  const SystemClock clock_;
  const Instant started_at_ = clock_.now();
  SystemdStatus systemd_;

  mutable std::mutex mutex_;
  std::shared_ptr<const ApplyRules> rules_;  // guarded by mutex_
  ServiceState state_;                       // guarded by mutex_; the main thread writes
  Instant state_since_;                      // guarded by mutex_; the main thread writes
  Installation installation_;                // guarded by mutex_
  std::vector<SettingInForce> settings_;     // guarded by mutex_; of the configuration in force
  std::string status_topic_;                 // guarded by mutex_

  std::atomic<std::chrono::seconds> card_max_age_;  // of the configuration in force

  // The parts call each other, so ~Service() stops all of them before it destroys any.
  BrokerLink link_;
  Pipeline pipeline_;
  Platforms platforms_;
  Webhooks webhooks_;
  DeviceRequests device_requests_;
  ApiServer api_;
  ImportFinisher import_finisher_;
};

}  // namespace iotcard
