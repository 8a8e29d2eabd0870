// SPDX-License-Identifier: Apache-2.0
// report_queue.h - What the next transaction applies: reports of the journal, in portions within
// each of which every device has its share (turns.h), and deferred ones whose turn has come. Waits
// for reports, a moment longer while they come fast. Where one fails by itself it goes one by one,
// until that one is found. On the applier's thread. Throws StoreError and JournalError; then
// forget().
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingest/apply_rules.h"
#include "ingest/fair_share.h"
#include "ingest/journal.h"
#include "ingest/journal_reader.h"
#include "store/store.h"

namespace iotcard {

// What is kept of a report while it waits.
inline std::int64_t kept_bytes(const JournalRecord& record) {
  return static_cast<std::int64_t>(record.topic.size() + record.payload.size());
}

class Batch {
 public:
  // Whose word a topic is.
  struct Sender {
    std::optional<DeviceKey> device;  // nullopt: nobody's that we know, or of
    std::optional<std::string> card;  // this one a script's
  };
  struct Item {
    JournalRecord record;
    Sender from;
    std::int64_t deferred = 0;  // its sequence; 0: of the journal
  };

  Batch(Store& store, Journal& journal, std::string client_id);

  // Where the store stands in the journal; nothing that follows works without it.
  void begin(JournalPosition position);
  bool has_begun() const { return reader_ != nullptr; }
  // After a failure: what is not committed is not applied, and what is may be, though nobody said
  // so.
  void forget();

  // Until there are reports behind the position, but not longer; up to where they may be taken.
  JournalPosition wait(std::chrono::milliseconds patience);
  // Makes the batch anew. `events_wait`: to be published, more than a few.
  void take(JournalPosition end, const std::shared_ptr<const ApplyRules>& rules, bool events_wait);
  void committed();

  const std::vector<Item>& items() const { return items_; }                    // to apply
  const std::vector<Item>& deferred_items() const { return deferred_items_; }  // to defer
  bool empty() const { return items_.empty() && deferred_items_.empty(); }
  JournalPosition position() const { return reader_->position(); }  // behind them
  std::int64_t deferred() const { return shares_.reports(); }       // also before this batch
  std::vector<JournalDamage> take_damage() { return reader_->take_damage(); }

  // From the next batch on each is of one report, until leave_single_mode(), or none has failed for
  // long.
  void enter_single_mode();
  void leave_single_mode();
  // The report that is the batch, if they go one by one.
  std::optional<Item> only_one() const;

 private:
  static Sender sender(const ApplyRules& rules, const std::string& topic);
  static std::string share_key(const Sender& from);
  void load_shares(std::shared_ptr<const ApplyRules> rules);
  bool read_journal(JournalPosition end, const ApplyRules& rules, bool events_wait);
  bool read_portion(JournalPosition end, const ApplyRules& rules, bool events_wait);
  void note_rate(std::size_t reports);
  bool deferred_are_full() const;
  void take_up_deferred(const ApplyRules& rules, bool more_wait);

  Store& store_;
  Journal& journal_;
  const std::string client_id_;
  std::unique_ptr<JournalReader> reader_;  // null: see begin()
  std::vector<Item> items_;
  std::vector<Item> deferred_items_;
  std::size_t portion_;       // 1: one by one
  std::size_t portions_ = 0;  // in this batch
  std::size_t alone_ = 0;     // batches of one since then
  FairShare shares_;
  std::shared_ptr<const ApplyRules> shares_by_;      // whose topics made its keys; null: unknown
  std::chrono::steady_clock::time_point read_at_{};  // the journal
  std::chrono::milliseconds moment_{0};              // given to more, as reports come fast
};

}  // namespace iotcard
