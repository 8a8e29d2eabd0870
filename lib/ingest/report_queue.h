// SPDX-License-Identifier: Apache-2.0
// report_queue.h - Waits for reports and chooses those of the next transaction: reports of the
// journal, in chunks within which each device has its share (fair_share.h), and deferred reports.
// While reports come fast it waits a little longer, so that more of them share a transaction. In
// single mode each batch is one report, until the one that fails is found.
// Applier's thread only. Throws StoreError and JournalError; call reset() after that.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/decision.h"
#include "domain/received_report.h"
#include "domain/report_source.h"
#include "domain/retention.h"
#include "ingest/fair_share.h"
#include "ingest/journal.h"
#include "ingest/journal_reader.h"
#include "store/store.h"

namespace iotcard {

// The part of the configuration that decides reports; a reload replaces it.
struct ApplyRules {
  ReportSources sources;
  std::string prefix = "iotcard";  // of the daemon's own topics: domain/topic_pattern.h
  Policy policy;
  Retention retention;
  std::chrono::seconds device_silent{0};  // without a report for so long a device is silent; 0: off
};

// Who sent a report, by its topic; neither: unknown.
struct Sender {
  std::optional<DeviceKey> device{};
  std::size_t source = 0;             // of the device: of the rules' sources
  std::optional<std::string> card{};  // a script that reports the state of this card
};

struct BatchItem {
  ReceivedReport report;
  JournalPosition end{};  // behind the report, if it comes from the journal
  Sender sender{};
  std::int64_t deferred = 0;  // its sequence among the deferred reports; 0: it is none
};

// The reports of one transaction: those to apply and those to defer.
struct Batch {
  std::vector<BatchItem> to_apply{};
  std::vector<BatchItem> to_defer{};
  JournalPosition position{};  // in the journal, behind all of them
  std::vector<JournalDamage> damage{};

  bool empty() const { return to_apply.empty() && to_defer.empty(); }
};

class ReportQueue {
 public:
  // Reports of the journal that are read together and shared among the devices.
  static constexpr std::size_t chunk_reports = 256;
  static constexpr std::size_t min_share = 32;  // of one device in a chunk, however many there are
  // In a transaction. Four chunks share pages of the store's log, which saves a tenth of a report's
  // CPU time in a storm.
  static constexpr std::size_t max_chunks = 4;
  static constexpr std::size_t max_batch_reports = max_chunks * (chunk_reports + min_share);

  ReportQueue(Store& store, Journal& journal, std::string client_id);

  // `position`: where the store is in the journal. Required before wait() and take().
  void begin(JournalPosition position);
  bool has_begun() const { return reader_ != nullptr; }
  // After a failure: the store must be asked again for its position, since a commit may have
  // succeeded although its answer was lost.
  void reset();

  // Waits for reports behind the last batch, at most `timeout`. Returns the end of what take() may
  // read.
  JournalPosition wait(std::chrono::milliseconds timeout);
  // `events_wait`: many events wait to be published.
  Batch take(JournalPosition end, const std::shared_ptr<const ApplyRules>& rules, bool events_wait);
  void committed(const Batch& batch);

  std::int64_t deferred() const { return shares_.reports(); }  // in the store and in this batch

  // From the next batch on each is one report, until leave_single_mode(), or until none has failed
  // for long.
  void enter_single_mode();
  void leave_single_mode() { single_mode_ = false; }
  bool single_mode() const { return single_mode_; }

 private:
  void load_shares(std::shared_ptr<const ApplyRules> rules);
  bool read_journal(Batch& batch, JournalPosition end, bool events_wait);
  bool read_chunk(Batch& batch, JournalPosition end, bool events_wait);
  void adapt_delay(std::size_t reports);
  bool deferred_are_full() const;
  void take_deferred(Batch& batch, bool more_wait);

  Store& store_;
  Journal& journal_;
  const std::string client_id_;
  std::unique_ptr<JournalReader> reader_;  // null before begin()
  std::size_t chunks_ = 0;                 // in this batch
  bool single_mode_ = false;
  std::size_t single_batches_ = 0;  // since enter_single_mode()
  FairShare shares_;
  std::shared_ptr<const ApplyRules> rules_;  // whose topics made the keys of shares_; null: none
  std::chrono::steady_clock::time_point read_at_{};  // the journal
  std::chrono::milliseconds coalesce_delay_{0};
};

}  // namespace iotcard
