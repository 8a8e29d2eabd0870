// SPDX-License-Identifier: Apache-2.0
// applier.h - Applies the reports that wait in the journal. One store transaction decides a batch
// of them, appends the events to the outbox and records the journal position, so each report is
// applied exactly once, however the process ends. The same transaction records up to which event
// the broker has acknowledged them; these events are kept within `[retention]`, or deleted.
// Messages of scripts about cards are applied in the same order; Hooks::card_state does that.
// Between two batches the applier runs a step of retention, of the expiry of cards and of silent
// devices. If the store fails, the applier holds: it tries the batch again, and the journal keeps
// the reports. A report that fails by itself, which is a bug, is quarantined among the rejected
// reports. Threads: "applier" (its own) does the work, and no other thread uses its store; the
// public functions may be called from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "domain/report_counts.h"
#include "ingest/apply_reports.h"
#include "ingest/journal.h"
#include "ingest/report_queue.h"
#include "store/store.h"
#include "upkeep/event_sweeper.h"
#include "upkeep/expiry_monitor.h"
#include "upkeep/report_series.h"
#include "upkeep/retention_sweeper.h"
#include "upkeep/silence_monitor.h"

namespace iotcard {

class Applier {
 public:
  // All are called on the applier's thread.
  struct Hooks {
    std::function<void()> committed;          // after each commit
    std::function<std::int64_t()> published;  // the outbox sequence that the broker acknowledged
    std::function<bool()> publishing;         // whether events are sent to the broker at the moment
    // Whether reports are received at the moment.
    std::function<bool()> listening = [] { return true; };
    CardStateHook card_state = [](Store&, const std::string&, const std::string&) {
      return std::optional<std::string>{"this program takes no states of cards"};
    };
    std::function<std::uint64_t()> received = [] { return 0; };  // reports, since the start
  };

  Applier(Store& store, Journal& journal, const Clock& clock, std::string client_id,
          std::shared_ptr<const ApplyRules> rules, Hooks hooks);
  ~Applier();  // stop()

  void start();
  void stop();  // after the current batch

  void set_rules(std::shared_ptr<const ApplyRules> rules);  // from the next batch on

  std::string held() const;  // why no report is applied at the moment; "" if all is well
  JournalPosition applied() const;
  // Of the batches that this process has committed. A commit that succeeded although its answer was
  // lost is not counted.
  ReportCounts counts() const;
  // Grows while the thread is alive, held or not.
  std::uint64_t heartbeat() const { return heartbeat_; }

 private:
  using Steady = std::chrono::steady_clock::time_point;

  void run();
  void step();
  void check_store();
  std::shared_ptr<const ApplyRules> current_rules() const;
  void reset();
  void find_position();
  void choose_history(const ApplyRules& rules);
  void apply_batch(const ApplyRules& rules);
  void settle_published(std::int64_t published);
  void advance(JournalPosition position);
  ApplyContext context(const ApplyRules& rules) const;
  void add_up(const AppliedReports& applied);
  void log_rejection(const ReceivedReport& received, const Rejection& rejection);
  void quarantine(const std::string& problem);
  void sweep(const ApplyRules& rules);
  // A monitor of the clock and when its next step is.
  struct Pace {
    bool more = false;  // is due at once
    Steady not_before{};
    Steady stepped_at{};
  };
  void monitor_expiry(const ApplyRules& rules);
  void monitor_silence(const ApplyRules& rules);
  template <typename Step, typename Reset>
  void run_paced(Pace& pace, const char* what, const Step& step, const Reset& reset);
  ReportTotals report_totals() const { return {hooks_.received(), counts()}; }
  Instant applied_until();
  void end_listening() noexcept;
  void log_damage() const;
  void hold(const std::string& problem);
  void recovered();

  Store& store_;
  Journal& journal_;
  const Clock& clock_;
  const std::string client_id_;
  const Hooks hooks_;

  // Used on the applier's thread only.
  ReportQueue queue_;
  Batch batch_;
  ReportCounts batch_counts_;
  std::int64_t settled_ = 0;  // outbox sequence up to which the store knows them to be published
  std::optional<bool> keeps_events_{};  // what the store was told
  bool many_events_wait_ = false;
  RetentionSweeper sweeper_;
  EventSweeper event_sweeper_;
  bool more_to_sweep_ = false;
  Steady sweep_not_before_{};
  ExpiryMonitor expiry_monitor_;
  Pace expiry_pace_;
  SilenceMonitor silence_monitor_;
  Pace silence_pace_;
  ReportSeries series_;
  std::optional<Instant> last_arrival_{};  // of the reports of the journal that are committed
  Steady store_checked_at_{};
  EnumSet<RejectionReason> logged_reasons_;
  std::string last_quarantine_;  // the problem that was logged last

  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> heartbeat_{0};
  mutable std::mutex mutex_;
  struct State {  // guarded by mutex_
    std::shared_ptr<const ApplyRules> rules;
    std::string held;
    JournalPosition applied;
    ReportCounts counts;
  } state_;
  std::thread thread_;
};

}  // namespace iotcard
