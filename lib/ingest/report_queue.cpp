// SPDX-License-Identifier: Apache-2.0
#include "ingest/report_queue.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "domain/state_topic.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;

// Of the journal at a time; within it each device has its share.
constexpr std::size_t max_portion = 256;
constexpr std::size_t least_share = 32;  // of one device in it, however many there are
// In a transaction: four share pages of the log, which saves a tenth of a report's CPU time in a
// storm. No more of them once there is a megabyte, for large reports stand in memory.
constexpr std::size_t most_portions = 4;
constexpr std::uint64_t large = std::uint64_t{1} << 20;
// So much may be deferred; then it is decided before the journal is read on.
constexpr std::int64_t max_deferred_reports = 100'000;
constexpr std::int64_t max_deferred_bytes = std::int64_t{64} << 20;
// While reports come so fast, 5,000 a second, a moment is given to those behind the ones that wait:
// a transaction of forty costs little more than one of five, and each look wakes two threads. Twice
// as long each time, since a few that were held up on their way look like a storm, too. One that
// comes when nothing waits is never kept waiting.
constexpr std::chrono::microseconds storm_interval{200};
constexpr milliseconds first_moment{1};
constexpr milliseconds last_moment{16};
constexpr std::uint64_t much = std::uint64_t{64} << 10;  // bytes: not worth a wait for more

bool exceeds(JournalPosition from, JournalPosition to, std::uint64_t bytes) {
  return to.segment != from.segment || to.offset > from.offset + bytes;
}

}  // namespace

Batch::Batch(Store& store, Journal& journal, std::string client_id)
    : store_(store),
      journal_(journal),
      client_id_(std::move(client_id)),
      portion_(max_portion),
      shares_(max_portion, least_share) {}

void Batch::begin(JournalPosition position) {
  reader_ = std::make_unique<JournalReader>(journal_.dir(), position);
}

void Batch::forget() {
  items_.clear();
  deferred_items_.clear();
  shares_by_ = nullptr;
  reader_ = nullptr;
}

JournalPosition Batch::wait(milliseconds patience) {
  const bool reports_wait = journal_.end() > position();
  if (!reports_wait) store_.checkpoint_if_idle();
  const JournalPosition end = journal_.wait_past(position(), patience);
  const bool more_soon = reports_wait && moment_.count() > 0 && !exceeds(position(), end, much);
  if (!more_soon) return end;
  std::this_thread::sleep_for(moment_);
  return journal_.end();
}

void Batch::take(JournalPosition end, const std::shared_ptr<const ApplyRules>& rules,
                 bool events_wait) {
  items_.clear();
  deferred_items_.clear();
  portions_ = 0;
  if (shares_by_ != rules) load_shares(rules);
  if (portion_ == 1 && alone_ > 2 * most_portions * max_portion) leave_single_mode();
  const bool more_wait = read_journal(end, *rules, events_wait);
  if (!events_wait || deferred_are_full()) take_up_deferred(*rules, more_wait);
  ++alone_;
  if (empty()) leave_single_mode();
}

void Batch::committed() {
  for (const Item& item : items_) {
    if (item.deferred > 0) shares_.taken_up(share_key(item.from), kept_bytes(item.record));
  }
  items_.clear();
  deferred_items_.clear();
}

void Batch::enter_single_mode() {
  portion_ = 1;
  alone_ = 0;
}

void Batch::leave_single_mode() {
  portion_ = max_portion;
}

std::optional<Batch::Item> Batch::only_one() const {
  if (portion_ != 1 || items_.size() != 1) return std::nullopt;
  return items_.front();
}

// Of a read of the journal: how fast what it found had come since the one before.
void Batch::note_rate(std::size_t reports) {
  const auto now = std::chrono::steady_clock::now();
  const auto since = now - std::exchange(read_at_, now);
  const bool storm = since < storm_interval * static_cast<std::int64_t>(reports);
  moment_ = storm ? std::clamp(2 * moment_, first_moment, last_moment) : milliseconds{0};
}

// Our own topics first: a pattern of the devices' may fit them, too.
Batch::Sender Batch::sender(const ApplyRules& rules, const std::string& topic) {
  const auto state = read_state_topic(topic);
  if (state && state->prefix == rules.prefix) return {{}, std::string{state->card}};
  return {match_any(rules.topics, topic), {}};
}

// Reports of one device are one device's, whatever topic they came on; those of no device share a
// turn, and so does all that scripts say, which keeps its order. The text of a device has a slash.
std::string Batch::share_key(const Sender& from) {
  if (from.card) return "scripts";
  return from.device ? from.device->text() : std::string{};
}

void Batch::load_shares(std::shared_ptr<const ApplyRules> rules) {
  shares_.clear();
  for (const DeferredTopic& waiting : store_.deferred_topics(client_id_)) {
    shares_.load(share_key(sender(*rules, waiting.topic)), waiting.reports, waiting.bytes);
  }
  shares_by_ = std::move(rules);
}

// True: there may be more than what was read.
bool Batch::read_journal(JournalPosition end, const ApplyRules& rules, bool events_wait) {
  // One by one, the deferred ones have every second turn.
  const bool their_turn = portion_ == 1 && alone_ % 2 == 1 && shares_.reports() > 0;
  if (deferred_are_full() || their_turn) return false;
  const std::size_t most = portion_ == 1 ? 1 : most_portions;
  const JournalPosition from = reader_->position();
  bool more_wait = true;
  while (more_wait && portions_ < most && !exceeds(from, reader_->position(), large) &&
         !deferred_are_full()) {
    more_wait = read_portion(end, rules, events_wait);
    ++portions_;
  }
  note_rate(items_.size() + deferred_items_.size());
  return more_wait;
}

// Likewise.
bool Batch::read_portion(JournalPosition end, const ApplyRules& rules, bool events_wait) {
  std::vector<JournalRecord> records;
  reader_->read(end, portion_, records);
  const bool more_wait = records.size() == portion_;

  std::vector<Sender> speakers;
  std::vector<std::string> keys;
  for (const JournalRecord& record : records) {
    speakers.push_back(sender(rules, record.topic));
    keys.push_back(share_key(speakers.back()));
  }
  const std::vector<bool> admitted = shares_.decide(keys, more_wait, events_wait);
  for (std::size_t i = 0; i < records.size(); ++i) {
    // At once, for the portions behind it; if the transaction fails, the store tells again.
    if (!admitted[i]) shares_.deferred(keys[i], kept_bytes(records[i]));
    Item item{std::move(records[i]), std::move(speakers[i])};
    (admitted[i] ? items_ : deferred_items_).push_back(std::move(item));
  }
  return more_wait;
}

bool Batch::deferred_are_full() const {
  return shares_.reports() >= max_deferred_reports || shares_.bytes() >= max_deferred_bytes;
}

void Batch::take_up_deferred(const ApplyRules& rules, bool more_wait) {
  std::size_t room = more_wait ? 0 : max_portion - std::min(max_portion, items_.size());
  room = std::max(room, least_share * portions_);
  if (portion_ == 1) room = items_.empty() ? 1 : 0;  // that one may be the one that fails
  if (room == 0 || shares_.reports() == 0) return;
  for (DeferredReport& report : store_.deferred_reports(client_id_, static_cast<int>(room))) {
    Sender from = sender(rules, report.topic);
    items_.push_back({{.topic = std::move(report.topic),
                       .payload = std::move(report.payload),
                       .size = static_cast<std::uint32_t>(report.size),
                       .arrival = report.at,
                       .end = {}},
                      std::move(from),
                      report.sequence});
  }
}

}  // namespace iotcard
