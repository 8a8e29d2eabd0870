// SPDX-License-Identifier: Apache-2.0
// applier.h - The second station: takes whatever reports wait in the journal, and in one store
// transaction parses, looks up, decides, writes, appends the events to the outbox and records the
// journal position. So each report is applied exactly once, however the process ends.
// Where the store fails the batch is held and tried again; the journal keeps the reports. One
// report that fails by itself, which is a bug, is set aside among the rejected ones: it stops
// nobody. Threads: "applier" (its own) does the work and is the only one to use the store; the
// public functions may be called from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "domain/topic_pattern.h"
#include "ingest/journal.h"
#include "ingest/journal_reader.h"
#include "store/store.h"

namespace iotcard {

// What may change while the daemon runs.
struct ApplyRules {
  std::vector<TopicPattern> topics;
  ReadOptions read;
  Policy policy;
  std::vector<EventKind> mute;
};

struct ApplierCounts {
  std::uint64_t applied = 0;   // reports, the rejected ones included
  std::uint64_t rejected = 0;  // reports
  std::uint64_t batches = 0;   // store transactions
};

class Applier {
 public:
  // `committed` is called on the applier's thread after each commit. `published` tells up to which
  // outbox sequence the broker has acknowledged; those rows go with the next transaction.
  struct Neighbours {
    std::function<void()> committed;
    std::function<std::int64_t()> published;
  };

  Applier(Store& store, Journal& journal, const Clock& clock, std::string client_id,
          std::shared_ptr<const ApplyRules> rules, Neighbours neighbours);
  ~Applier();  // stop()

  void start();
  void stop();  // after the batch at hand

  void set_rules(std::shared_ptr<const ApplyRules> rules);  // from the next batch on

  std::string held() const;  // why nothing is applied just now; "" if all is well
  JournalPosition applied() const;
  ApplierCounts counts() const;
  // Grows while the thread is alive, held or not.
  std::uint64_t heartbeat() const { return heartbeat_; }

 private:
  void run();
  void step();
  std::shared_ptr<const ApplyRules> current_rules() const;
  void advance(JournalPosition position, std::size_t reports, std::uint64_t rejected);
  void apply_batch(const std::vector<JournalRecord>& batch);
  void apply(const JournalRecord& record, const ApplyRules& rules);
  void set_aside(const std::string& problem);
  void reject(const JournalRecord& record, const std::optional<DeviceKey>& device,
              Rejection rejection, const ApplyRules& rules);
  void report_damage();
  void hold(const std::string& problem);
  void recovered();

  Store& store_;
  Journal& journal_;
  const Clock& clock_;
  const std::string client_id_;
  const Neighbours neighbours_;

  std::unique_ptr<JournalReader> reader_;  // the applier's thread only, as the next five
  std::vector<JournalRecord> batch_;
  std::int64_t removed_ = 0;  // outbox sequence up to which rows are gone
  std::uint64_t batch_rejected_ = 0;
  std::size_t batch_size_;         // 1 while a report is looked for that fails by itself
  EnumSet<RejectionReason> seen_;  // kinds that the log has named

  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> heartbeat_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const ApplyRules> rules_;  // guarded by mutex_
  std::string held_;                         // likewise
  JournalPosition applied_;                  // likewise
  ApplierCounts counts_;                     // likewise
  std::thread thread_;
};

}  // namespace iotcard
