// SPDX-License-Identifier: Apache-2.0
// service.h - The daemon's wiring: builds the stations of a report from the configuration, runs
// until a signal ends it, and says how it fares to systemd and on the status topic.
// Threads: run() is the main thread's. It is the only one to take signals; the others are the
// stations' own and are named in docs/architecture.md.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "api/api_server.h"
#include "api/metrics.h"
#include "broker/session.h"
#include "config/config.h"
#include "ingest/applier.h"
#include "ingest/intake.h"
#include "ingest/journal.h"
#include "ingest/outbox_publisher.h"
#include "pending_publishes.h"
#include "platforms.h"
#include "store/store.h"

namespace iotcard {

// The signals that run() waits for. Before the first thread is made, so that all inherit it.
void block_signals();
// To systemd: what the start takes its time for, if it does.
void tell_starting();

class SystemClock : public Clock {
 public:
  Instant now() const override;
};

class Service : private Publisher {
 public:
  // Opens store and journal, takes the API's port; throws ConfigError, StoreError, JournalError
  // or, for the port and the API's tokens, std::runtime_error.
  Service(Config config, std::string config_path, std::string version);
  ~Service() override;

  enum class End {
    clean,
    // A report could not be made safe and must not be acknowledged: the store is closed to it, and
    // the process must end without the destructors, which would wait for that report.
    while_holding,
  };
  End run();

  // What /metrics shows and the store does not know. From any thread: waits for no report and no
  // broker, and asks no store.
  LiveFacts live_facts() const;

 private:
  struct Health {
    std::string state;   // "online" or "degraded"
    std::string reason;  // "" when online
    friend bool operator==(const Health&, const Health&) = default;
  };

  bool publish(std::int64_t sequence, const std::string& topic,
               const std::string& payload) override;

  std::shared_ptr<Session> make_session();
  std::vector<std::string> obsolete_filters(const SessionOptions& options);
  void replace_session();
  std::shared_ptr<Session> session() const;
  void make_api();
  std::shared_ptr<Platforms> make_platforms(const Config& config);
  void ask_platforms();
  void leave_platforms();
  std::shared_ptr<Platforms> platforms() const;
  void reload();
  bool reload_access();  // false: all stays
  void tick();
  void hold_or_resume(const std::string& trouble);
  Health health(const std::string& trouble) const;
  void tell_systemd(const Health& now);
  void drain();
  std::string status_json(const Health& health) const;

  // For the API, on its threads.
  std::shared_ptr<const ApplyRules> rules() const;
  Context context(const std::string& by) const;
  // For the applier, on its thread: Applier::Hooks::card_state.
  std::optional<std::string> take_card_state(Store& store, const std::string& iccid,
                                             const std::string& payload) const;
  ApiHealth api_health() const;
  AskResult ask(const DeviceKey& device);

  Config config_;
  const std::string config_path_;
  const std::string version_;
  const std::string client_id_;
  const SystemClock clock_;
  const Instant started_at_ = clock_.now();
  std::unique_ptr<Store> store_;         // the applier's
  std::unique_ptr<Store> outbox_store_;  // the publisher's
  Journal journal_;
  Intake intake_;
  OutboxPublisher outbox_;
  Applier applier_;

  Health told_;                        // on the status topic
  Instant told_at_;                    // since when
  std::atomic<bool> degraded_{false};  // told_, for other threads
  bool holding_ = false;  // the session is on hold
  std::string systemd_status_;
  std::uint64_t last_heartbeat_ = 0;
  int silent_ticks_ = 0;  // of the applier

  // Before the session, which may call them until it is gone.
  PendingPublishes pending_publishes_;
  std::unique_ptr<ApiServer> api_;  // null: turned off

  mutable std::mutex mutex_;
  std::shared_ptr<Session> session_;           // guarded by mutex_
  std::string connection_;                     // likewise; for STATUS
  std::shared_ptr<const ApplyRules> rules_;    // likewise; for the API, as the next
  Health health_;                              // likewise; a second old at most
  std::shared_ptr<Platforms> platforms_;       // likewise; null while they are replaced or begin
  std::shared_ptr<Platforms> next_platforms_;  // to begin; the main thread's
  std::string platforms_problem_;              // said in the log; likewise
};

}  // namespace iotcard
