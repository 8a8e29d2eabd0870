// SPDX-License-Identifier: Apache-2.0
#include "ingest/report_queue.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "domain/topic_pattern.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;

// Large reports end a batch early, since all of a batch is in memory.
constexpr std::uint64_t max_batch_bytes = std::uint64_t{1} << 20;
// When so much is deferred, it is decided before the journal is read on.
constexpr std::int64_t max_deferred_reports = 100'000;
constexpr std::int64_t max_deferred_bytes = std::int64_t{64} << 20;
// If reports come faster than 2,000 a second, the queue waits for those behind the first ones: a
// transaction of forty costs little more than one of five, and each look wakes two threads. The
// delay doubles each time, since a few reports that were held up on their way look like a storm,
// too. A report that comes when nothing waits is never delayed.
constexpr std::chrono::microseconds storm_interval{500};
constexpr milliseconds min_coalesce_delay{1};
constexpr milliseconds max_coalesce_delay{16};
constexpr std::uint64_t min_backlog_bytes = std::uint64_t{64} << 10;  // enough without a delay

bool exceeds(JournalPosition from, JournalPosition to, std::uint64_t bytes) {
  return to.segment != from.segment || to.offset > from.offset + bytes;
}

// The daemon's own topics first: a pattern of the devices' topics may match them, too.
Sender find_sender(const ApplyRules& rules, const std::string& topic) {
  const auto state = read_state_topic(topic);
  if (state && state->prefix == rules.prefix) return {.card = std::string{state->card}};
  auto found = rules.sources.find(topic);
  if (!found) return {};
  return {.device = std::move(found->device), .source = found->source};
}

// All topics of a device have one key, and so have all reports of unknown devices, and all of
// scripts, whose order matters. The text of a device has a slash.
std::string share_key(const Sender& sender) {
  if (sender.card) return "scripts";
  return sender.device ? sender.device->text() : std::string{};
}

}  // namespace

ReportQueue::ReportQueue(Store& store, Journal& journal, std::string client_id)
    : store_(store),
      journal_(journal),
      client_id_(std::move(client_id)),
      shares_(chunk_reports, min_share) {}

void ReportQueue::begin(JournalPosition position) {
  reader_ = std::make_unique<JournalReader>(journal_.dir(), position);
}

void ReportQueue::reset() {
  rules_ = nullptr;
  reader_ = nullptr;
}

JournalPosition ReportQueue::wait(milliseconds timeout) {
  const JournalPosition from = reader_->position();
  const bool reports_wait = journal_.end() > from;
  if (!reports_wait) store_.checkpoint_if_idle();
  const JournalPosition end = journal_.wait_past(from, timeout);
  const bool delay =
      reports_wait && coalesce_delay_.count() > 0 && !exceeds(from, end, min_backlog_bytes);
  if (!delay) return end;
  std::this_thread::sleep_for(coalesce_delay_);
  return journal_.end();
}

Batch ReportQueue::take(JournalPosition end, const std::shared_ptr<const ApplyRules>& rules,
                        bool events_wait) {
  Batch batch;
  chunks_ = 0;
  if (rules_ != rules) load_shares(rules);
  if (single_batches_ > 2 * max_chunks * chunk_reports) leave_single_mode();
  const bool more_wait = read_journal(batch, end, events_wait);
  if (!events_wait || deferred_are_full()) take_deferred(batch, more_wait);
  ++single_batches_;
  if (batch.empty()) leave_single_mode();
  batch.position = reader_->position();
  batch.damage = reader_->take_damage();
  return batch;
}

void ReportQueue::committed(const Batch& batch) {
  for (const BatchItem& item : batch.to_apply) {
    if (item.deferred > 0) shares_.taken_up(share_key(item.sender), item.report.stored_bytes());
  }
}

void ReportQueue::enter_single_mode() {
  single_mode_ = true;
  single_batches_ = 0;
}

// How fast the reports came since the journal was last read.
void ReportQueue::adapt_delay(std::size_t reports) {
  const auto now = std::chrono::steady_clock::now();
  const auto since = now - std::exchange(read_at_, now);
  const bool storm = since < storm_interval * static_cast<std::int64_t>(reports);
  coalesce_delay_ = storm ? std::clamp(2 * coalesce_delay_, min_coalesce_delay, max_coalesce_delay)
                          : milliseconds{0};
}

void ReportQueue::load_shares(std::shared_ptr<const ApplyRules> rules) {
  shares_.clear();
  for (const DeferredTopic& waiting : store_.deferred_topics(client_id_)) {
    shares_.load(share_key(find_sender(*rules, waiting.topic)), waiting.reports, waiting.bytes);
  }
  rules_ = std::move(rules);
}

// True: there may be more reports behind those that were read.
bool ReportQueue::read_journal(Batch& batch, JournalPosition end, bool events_wait) {
  // In single mode every second batch is a deferred report.
  const bool deferred_next = single_mode_ && single_batches_ % 2 == 1 && shares_.reports() > 0;
  if (deferred_are_full() || deferred_next) return false;
  const std::size_t max = single_mode_ ? 1 : max_chunks;
  const JournalPosition from = reader_->position();
  bool more_wait = true;
  while (more_wait && chunks_ < max && !exceeds(from, reader_->position(), max_batch_bytes) &&
         !deferred_are_full()) {
    more_wait = read_chunk(batch, end, events_wait);
    ++chunks_;
  }
  adapt_delay(batch.to_apply.size() + batch.to_defer.size());
  return more_wait;
}

// As read_journal().
bool ReportQueue::read_chunk(Batch& batch, JournalPosition end, bool events_wait) {
  const std::size_t max = single_mode_ ? 1 : chunk_reports;
  std::vector<JournalRecord> records;
  reader_->read(end, max, records);
  const bool more_wait = records.size() == max;

  std::vector<Sender> senders;
  std::vector<std::string> keys;
  for (const JournalRecord& record : records) {
    senders.push_back(find_sender(*rules_, record.report.topic));
    keys.push_back(share_key(senders.back()));
  }
  const std::vector<bool> admitted = shares_.decide(keys, more_wait, events_wait);
  for (std::size_t i = 0; i < records.size(); ++i) {
    // Counted before the commit, for the chunks behind it; after a failure shares are loaded again.
    if (!admitted[i]) shares_.deferred(keys[i], records[i].report.stored_bytes());
    (admitted[i] ? batch.to_apply : batch.to_defer)
        .push_back({std::move(records[i].report), records[i].end, std::move(senders[i]), 0});
  }
  return more_wait;
}

bool ReportQueue::deferred_are_full() const {
  return shares_.reports() >= max_deferred_reports || shares_.bytes() >= max_deferred_bytes;
}

void ReportQueue::take_deferred(Batch& batch, bool more_wait) {
  std::size_t room = more_wait ? 0 : chunk_reports - std::min(chunk_reports, batch.to_apply.size());
  room = std::max(room, min_share * chunks_);
  if (single_mode_) room = batch.to_apply.empty() ? 1 : 0;
  if (room == 0 || shares_.reports() == 0) return;
  for (DeferredReport& waiting : store_.deferred_reports(client_id_, static_cast<int>(room))) {
    Sender sender = find_sender(*rules_, waiting.report.topic);
    batch.to_apply.push_back({std::move(waiting.report), {}, std::move(sender), waiting.sequence});
  }
}

}  // namespace iotcard
