// SPDX-License-Identifier: Apache-2.0
// applier.h - The second station: takes whatever reports wait in the journal, and in one store
// transaction parses, looks up, decides, writes, appends the events to the outbox and records the
// journal position. So each report is applied exactly once, however the process ends. What a script
// says of a card comes the same way, in its order among the others; what becomes of it is a
// neighbour's.
// A device that floods gives way to the others: see turns.h. Between batches the house is kept, and
// the clock looked at for cards that expire.
// Where the store fails the batch is held and tried again; the journal keeps the reports. One
// report that fails by itself, which is a bug, is set aside among the rejected ones: it stops
// nobody. Threads: "applier" (its own) does the work and is the only one to use the store; the
// public functions may be called from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "domain/report_counts.h"
#include "ingest/apply_rules.h"
#include "ingest/journal.h"
#include "ingest/report_queue.h"
#include "store/store.h"
#include "upkeep/expiry_monitor.h"
#include "upkeep/retention_sweeper.h"

namespace iotcard {

class Applier {
 public:
  // `committed` is called on the applier's thread after each commit. `published` tells up to which
  // outbox sequence the broker has acknowledged; those rows go with the next transaction.
  struct Hooks {
    std::function<void()> committed;
    std::function<std::int64_t()> published;
    // Whether events leave for the broker just now: only then it helps to add fewer of them.
    std::function<bool()> publishing;
    // Whether this program itself holds the store for a long change: then there is nothing wrong.
    std::function<bool()> changing = [] { return false; };
    // What a script says of a card, by the ICCID as its topic has it: taken inside the transaction
    // that is open. nullopt: it is; else why not, and then nothing was written.
    std::function<std::optional<std::string>(Store&, const std::string& iccid,
                                             const std::string& payload)>
        card_state = [](Store&, const std::string&, const std::string&) {
          return std::optional<std::string>{"nobody takes it here"};
        };
  };

  Applier(Store& store, Journal& journal, const Clock& clock, std::string client_id,
          std::shared_ptr<const ApplyRules> rules, Hooks neighbours);
  ~Applier();  // stop()

  void start();
  void stop();  // after the batch at hand

  void set_rules(std::shared_ptr<const ApplyRules> rules);  // from the next batch on

  std::string held() const;  // why nothing is applied just now; "" if all is well
  JournalPosition applied() const;
  // Of what this process has committed: a batch that was rolled back counts nothing, nor does one
  // whose commit failed and yet happened.
  ReportCounts counts() const;
  // Grows while the thread is alive, held or not.
  std::uint64_t heartbeat() const { return heartbeat_; }

 private:
  void run();
  void step();
  std::shared_ptr<const ApplyRules> current_rules() const;
  void forget();
  void find_position();
  void apply_batch(const ApplyRules& rules);
  void advance(JournalPosition position, const ReportCounts& done);
  void tidy(const ApplyRules& rules);
  void watch_cards(const ApplyRules& rules);
  void apply(const Batch::Item& item, const ApplyRules& rules);
  void apply_state(const Batch::Item& item, const ApplyRules& rules);
  void quarantine(const std::string& problem);
  void reject(const Batch::Item& item, Rejection rejection, const ApplyRules& rules);
  void report_damage();
  void hold(const std::string& problem);
  void recovered();

  Store& store_;
  Journal& journal_;
  const Clock& clock_;
  const std::string client_id_;
  const Hooks hooks_;

  // The applier's thread only, as all up to set_aside_for_.
  Batch batch_;  // not begun: what stands in the store is not known for certain, and asked first
  ReportCounts batch_counts_;
  std::int64_t removed_ = 0;  // outbox sequence up to which rows are gone
  bool events_wait_ = false;  // more than a few, to be published
  RetentionSweeper sweeper_;
  ExpiryMonitor expiry_monitor_;
  bool more_to_tidy_ = false;
  bool more_to_watch_ = false;
  std::chrono::steady_clock::time_point tidy_at_{};   // not before, after a failure
  std::chrono::steady_clock::time_point watch_at_{};  // likewise
  std::chrono::steady_clock::time_point watched_at_{};
  EnumSet<RejectionReason> seen_;  // kinds that the log has named
  std::string set_aside_for_;      // likewise, the last one

  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> heartbeat_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const ApplyRules> rules_;  // guarded by mutex_
  std::string held_;                         // likewise
  JournalPosition applied_;                  // likewise
  ReportCounts counts_;                      // likewise
  std::thread thread_;
};

}  // namespace iotcard
