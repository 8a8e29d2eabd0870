// SPDX-License-Identifier: Apache-2.0
#include "ingest/applier.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "domain/state_topic.h"
#include "domain/utf8.h"
#include "store/carry_out.h"
#include "store/knowledge.h"

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
// With more events than this to be published, a tenth of a second's work, shares are kept.
constexpr std::int64_t many_events = 1000;
// While reports come so fast, 5,000 a second, a moment is given to those behind the ones that wait:
// a transaction of forty costs little more than one of five, and each look wakes two threads. Twice
// as long each time, since a few that were held up on their way look like a storm, too. One that
// comes when nothing waits is never kept waiting.
constexpr std::chrono::microseconds storm_interval{200};
constexpr milliseconds first_moment{1};
constexpr milliseconds last_moment{16};
constexpr std::uint64_t much = std::uint64_t{64} << 10;  // bytes: not worth a wait for more
constexpr milliseconds idle_interval{200};
constexpr milliseconds retry_interval{500};
constexpr std::chrono::minutes tidy_retry_interval{1};
constexpr std::chrono::seconds watch_retry_interval{5};
constexpr milliseconds watch_pace{250};

std::int64_t kept_bytes(const JournalRecord& record) {
  return static_cast<std::int64_t>(record.topic.size() + record.payload.size());
}

// What is known of the card or the device is newer than the report: it was deferred, and others
// were not.
bool is_outrun(const Knowledge& knowledge, Instant arrival) {
  const auto newer = [&](const std::optional<Binding>& binding) {
    return binding && binding->last_seen > arrival;
  };
  return newer(knowledge.device_binding) ||
         std::any_of(knowledge.cards.begin(), knowledge.cards.end(),
                     [&](const FittingCard& card) { return newer(card.binding); });
}

bool exceeds(JournalPosition from, JournalPosition to, std::uint64_t bytes) {
  return to.segment != from.segment || to.offset > from.offset + bytes;
}

// A topic for a log line; what steers in it is the log's business.
std::string_view shown(std::string_view topic) {
  return clip_utf8(topic, 128);
}

}  // namespace

Applier::Applier(Store& store, Journal& journal, const Clock& clock, std::string client_id,
                 std::shared_ptr<const ApplyRules> rules, Neighbours neighbours)
    : store_(store),
      journal_(journal),
      clock_(clock),
      client_id_(std::move(client_id)),
      neighbours_(std::move(neighbours)),
      portion_(max_portion),
      turns_(max_portion, least_share),
      housekeeper_(store, client_id_),
      card_watch_(store, client_id_),
      rules_(std::move(rules)),
      applied_(store_.journal_position(client_id_)) {}

Applier::~Applier() {
  stop();
}

void Applier::start() {
  thread_ = std::thread{[this] { run(); }};
  pthread_setname_np(thread_.native_handle(), "applier");
}

void Applier::stop() {
  stopping_ = true;
  journal_.wake();
  if (thread_.joinable()) thread_.join();
}

void Applier::set_rules(std::shared_ptr<const ApplyRules> rules) {
  const std::lock_guard lock{mutex_};
  rules_ = std::move(rules);
}

std::string Applier::held() const {
  const std::lock_guard lock{mutex_};
  return held_;
}

JournalPosition Applier::applied() const {
  const std::lock_guard lock{mutex_};
  return applied_;
}

ReportCounts Applier::counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

void Applier::run() {
  while (!stopping_) {
    ++heartbeat_;
    try {
      step();
      recovered();
    } catch (const StoreError& error) {
      if (error.kind() != StoreError::Kind::conflict) {
        hold(error.what());
      } else {
        set_aside(error.what());
      }
    } catch (const JournalError& error) {
      hold(error.what());
    } catch (const std::exception& error) {
      set_aside(error.what());
    }
  }
}

// One batch, or a wait for one.
void Applier::step() {
  if (!reader_) find_position();
  const bool work_waits =
      ((turns_.reports() > 0 || more_to_watch_) && !events_wait_) || more_to_tidy_;
  const bool reports_wait = journal_.end() > reader_->position();
  if (!reports_wait) store_.use_pause();
  JournalPosition end =
      journal_.wait_past(reader_->position(), work_waits ? milliseconds{0} : idle_interval);
  if (reports_wait && moment_.count() > 0 && !exceeds(reader_->position(), end, much)) {
    std::this_thread::sleep_for(moment_);
    end = journal_.end();
  }
  // Not before: new rules hold for what comes after them.
  const std::shared_ptr<const ApplyRules> rules = current_rules();
  if (turns_by_ != rules) load_turns(rules);
  events_wait_ = neighbours_.publishing() && store_.outbox_span(client_id_) > many_events;
  const bool more_wait = read_journal(end, *rules);
  take_up_deferred(*rules, more_wait);
  report_damage();
  const bool idle = batch_.empty() && giving_way_.empty();
  if (!idle || neighbours_.published() > removed_) apply_batch(*rules);
  const bool looked_long = portion_ == 1 && ++alone_ > 2 * most_portions * max_portion;
  if (idle || looked_long) portion_ = max_portion;
  tidy(*rules);
  watch_cards(*rules);
}

// Of a read of the journal: how fast what it found had come since the one before.
void Applier::note_rate(std::size_t reports) {
  const auto now = std::chrono::steady_clock::now();
  const auto since = now - std::exchange(read_at_, now);
  const bool storm = since < storm_interval * static_cast<std::int64_t>(reports);
  moment_ = storm ? std::clamp(2 * moment_, first_moment, last_moment) : milliseconds{0};
}

// After a failure: what is not committed is not applied, and what is may be, though nobody said so.
void Applier::forget() {
  batch_.clear();
  giving_way_.clear();
  turns_by_ = nullptr;
  reader_ = nullptr;
  housekeeper_.recount();
  card_watch_.forget();
}

void Applier::find_position() {
  const JournalPosition stands = store_.journal_position(client_id_);
  {
    const std::lock_guard lock{mutex_};
    applied_ = stands;
  }
  reader_ = std::make_unique<JournalReader>(journal_.dir(), stands);
}

// Our own topics first: a pattern of the devices' may fit them, too.
Applier::Speaker Applier::speaker(const ApplyRules& rules, const std::string& topic) {
  const auto state = read_state_topic(topic);
  if (state && state->prefix == rules.prefix) return {{}, std::string{state->card}};
  return {match_any(rules.topics, topic), {}};
}

// Reports of one device are one device's, whatever topic they came on; those of no device share a
// turn, and so does all that scripts say, which keeps its order. The text of a device has a slash.
std::string Applier::turn_key(const Speaker& from) {
  if (from.card) return "scripts";
  return from.device ? from.device->text() : std::string{};
}

std::shared_ptr<const ApplyRules> Applier::current_rules() const {
  const std::lock_guard lock{mutex_};
  return rules_;
}

void Applier::load_turns(std::shared_ptr<const ApplyRules> rules) {
  turns_.clear();
  for (const DeferredTopic& waiting : store_.deferred_topics(client_id_)) {
    turns_.load(turn_key(speaker(*rules, waiting.topic)), waiting.reports, waiting.bytes);
  }
  turns_by_ = std::move(rules);
}

// True: there may be more than what was read.
bool Applier::read_journal(JournalPosition end, const ApplyRules& rules) {
  batch_.clear();
  giving_way_.clear();
  portions_ = 0;
  // One by one, the deferred ones have every second turn.
  const bool their_turn = portion_ == 1 && alone_ % 2 == 1 && turns_.reports() > 0;
  if (deferred_are_full() || their_turn) return false;
  const std::size_t most = portion_ == 1 ? 1 : most_portions;
  const JournalPosition from = reader_->position();
  bool more_wait = true;
  while (more_wait && portions_ < most && !exceeds(from, reader_->position(), large) &&
         !deferred_are_full()) {
    more_wait = read_portion(end, rules);
    ++portions_;
  }
  note_rate(batch_.size() + giving_way_.size());
  return more_wait;
}

// Likewise.
bool Applier::read_portion(JournalPosition end, const ApplyRules& rules) {
  std::vector<JournalRecord> records;
  reader_->read(end, portion_, records);
  const bool more_wait = records.size() == portion_;

  std::vector<Speaker> speakers;
  std::vector<std::string> keys;
  for (const JournalRecord& record : records) {
    speakers.push_back(speaker(rules, record.topic));
    keys.push_back(turn_key(speakers.back()));
  }
  const std::vector<bool> has_turn = turns_.decide(keys, more_wait, events_wait_);
  for (std::size_t i = 0; i < records.size(); ++i) {
    // At once, for the portions behind it; if the transaction fails, the store tells again.
    if (!has_turn[i]) turns_.deferred(keys[i], kept_bytes(records[i]));
    Item item{std::move(records[i]), std::move(speakers[i])};
    (has_turn[i] ? batch_ : giving_way_).push_back(std::move(item));
  }
  return more_wait;
}

bool Applier::deferred_are_full() const {
  return turns_.reports() >= max_deferred_reports || turns_.bytes() >= max_deferred_bytes;
}

void Applier::take_up_deferred(const ApplyRules& rules, bool more_wait) {
  if (events_wait_ && !deferred_are_full()) return;
  std::size_t room = more_wait ? 0 : max_portion - std::min(max_portion, batch_.size());
  room = std::max(room, least_share * portions_);
  if (portion_ == 1) room = batch_.empty() ? 1 : 0;  // that one may be the one that fails
  if (room == 0 || turns_.reports() == 0) return;
  for (DeferredReport& report : store_.deferred_reports(client_id_, static_cast<int>(room))) {
    Speaker from = speaker(rules, report.topic);
    batch_.push_back({{.topic = std::move(report.topic),
                       .payload = std::move(report.payload),
                       .size = static_cast<std::uint32_t>(report.size),
                       .arrival = report.at,
                       .end = {}},
                      std::move(from),
                      report.sequence});
  }
}

// After a commit: all before `position` is in the store.
void Applier::advance(JournalPosition position, const ReportCounts& done) {
  {
    const std::lock_guard lock{mutex_};
    applied_ = position;
    counts_ += done;
  }
  journal_.applied(position);
  neighbours_.committed();
}

void Applier::apply_batch(const ApplyRules& rules) {
  const std::int64_t published = neighbours_.published();
  const JournalPosition position = reader_->position();
  batch_counts_ = {.applied = batch_.size(), .deferred = giving_way_.size()};
  std::int64_t taken_up = 0;

  const auto began = std::chrono::steady_clock::now();
  Transaction transaction{store_};
  for (const Item& item : batch_) {
    apply(item, rules);
    taken_up = std::max(taken_up, item.deferred);
  }
  for (const Item& item : giving_way_) {
    store_.defer_report(client_id_, {.topic = item.record.topic,
                                     .payload = item.record.payload,
                                     .size = item.record.size,
                                     .at = item.record.arrival});
  }
  if (taken_up > 0) store_.remove_deferred(client_id_, taken_up);
  if (position != applied()) store_.set_journal_position(client_id_, position);
  if (published > removed_) store_.remove_published(client_id_, published);
  transaction.commit();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (!batch_.empty()) {
    batch_counts_.batch_reports.observe(static_cast<double>(batch_.size()));
    batch_counts_.batch_seconds.observe(took.count());
  }

  removed_ = std::max(removed_, published);
  for (const Item& item : batch_) {
    if (item.deferred > 0) turns_.taken_up(turn_key(item.from), kept_bytes(item.record));
  }
  const bool something = !batch_.empty() || !giving_way_.empty() || position != applied();
  batch_.clear();
  giving_way_.clear();
  if (something) advance(position, batch_counts_);
}

void Applier::apply(const Item& item, const ApplyRules& rules) {
  const JournalRecord& record = item.record;
  const std::optional<DeviceKey>& device = item.from.device;
  if (item.from.card) return apply_state(item, rules);
  if (!device) return reject(item, {RejectionReason::bad_topic, 0}, rules);
  if (record.size > record.payload.size()) {
    return reject(item, {RejectionReason::too_large, record.payload.size()}, rules);
  }
  ReportReading reading = read_report(record.payload, rules.read);
  if (const auto* rejection = std::get_if<Rejection>(&reading)) {
    return reject(item, *rejection, rules);
  }
  DeviceReport& report = std::get<DeviceReport>(reading);
  const Knowledge knowledge = gather_knowledge(store_, *device, report);
  Policy policy = rules.policy;
  // The last report wins, and this is not the last.
  if (item.deferred > 0 && is_outrun(knowledge, record.arrival))
    policy.on_conflict = OnConflict::hold;
  // Of a report that waited long: its card is judged as of now, for what was announced since.
  const Decision decision =
      decide(*device, report, knowledge, policy, record.arrival, clock_.now());
  batch_counts_.outcomes.add(decision.outcome);
  report.leniencies.each([&](Leniency leniency) { batch_counts_.leniencies.add(leniency); });
  batch_counts_.issues += report.issues.size();
  const bool is_new = store_.save_report(
      *device, {record.topic, record.payload, record.arrival, std::move(report), decision.outcome});
  carry_out(store_, client_id_, rules.policy.mute, decision.writes, decision.events);
  housekeeper_.added(decision.writes, is_new);
}

void Applier::apply_state(const Item& item, const ApplyRules& rules) {
  const JournalRecord& record = item.record;
  if (record.size > record.payload.size()) {
    return reject(item, {RejectionReason::too_large, record.payload.size()}, rules);
  }
  auto problem = neighbours_.card_state(store_, *item.from.card, record.payload);
  if (!problem) return;
  reject(item, {RejectionReason::bad_card_state, 0, *std::move(problem)}, rules);
}

void Applier::reject(const Item& item, Rejection rejection, const ApplyRules& rules) {
  const JournalRecord& record = item.record;
  store_.add_rejected({.id = 0,
                       .topic = record.topic,
                       .payload = record.payload,
                       .size = record.size,
                       .reason = rejection.reason,
                       .offset = static_cast<std::int64_t>(rejection.offset),
                       .at = record.arrival});
  const Event event = rejection_event(item.from.device, record.topic, rejection, record.payload,
                                      record.size, record.arrival);
  carry_out(store_, client_id_, rules.policy.mute, {}, {&event, 1});
  housekeeper_.added(PastKind::rejected_reports, {1, kept_bytes(record)});
  batch_counts_.rejected.add(rejection.reason);
  if (seen_.has(rejection.reason)) return;
  seen_.add(rejection.reason);
  const std::string why = rejection.problem.empty()
                              ? fmt::format(" at byte {}", rejection.offset)
                              : fmt::format(": {}", clip_utf8(rejection.problem, 256));
  spdlog::info("rejected a report on {}: {}{}; further ones of this kind are counted only",
               shown(record.topic), rejection_reason_names[rejection.reason], why);
}

// What failed is no fault of the environment, so trying again will not help. The batch is gone
// through one by one, and the report that fails is kept among the rejected.
void Applier::set_aside(const std::string& problem) {
  const bool found = portion_ == 1 && batch_.size() == 1;
  std::optional<Item> culprit;
  if (found) culprit = std::move(batch_.front());
  forget();
  portion_ = 1;
  alone_ = 0;
  if (!culprit) return;
  if (std::exchange(set_aside_for_, problem) != problem) {
    spdlog::error(
        "set aside a report on {}, see iotcardctl rejected list: {}; further ones for "
        "the same cause are counted only",
        shown(culprit->record.topic), problem);
  }
  try {
    const std::shared_ptr<const ApplyRules> rules = current_rules();
    const bool deferred = culprit->deferred > 0;
    const JournalPosition position = deferred ? applied() : culprit->record.end;
    batch_counts_ = {.applied = 1};
    Transaction transaction{store_};
    reject(*culprit, {RejectionReason::not_applied, 0}, *rules);
    if (deferred) {
      store_.remove_deferred(client_id_, culprit->deferred);
    } else {
      store_.set_journal_position(client_id_, position);
    }
    transaction.commit();
    portion_ = max_portion;
    advance(position, batch_counts_);
  } catch (const std::exception& error) {
    hold(error.what());
  }
}

// A failure here costs room, not reports: it is tried again later.
void Applier::tidy(const ApplyRules& rules) {
  if (std::chrono::steady_clock::now() < tidy_at_) return;
  more_to_tidy_ = false;
  for (const PastKind kind : past_kinds) {
    try {
      more_to_tidy_ |= housekeeper_.step(kind, rules.retention, rules.policy.mute, clock_.now());
    } catch (const std::exception& error) {
      spdlog::warn("what is past its retention stays for now: {}", error.what());
      tidy_at_ = std::chrono::steady_clock::now() + tidy_retry_interval;
    }
  }
}

// A failure here costs time, not events: what is due stays due. While many events wait, four pages
// a second, so that those of reports are not behind all the cards that expire at midnight.
void Applier::watch_cards(const ApplyRules& rules) {
  const auto now = std::chrono::steady_clock::now();
  const bool gives_way = events_wait_ && now < watched_at_ + watch_pace;
  more_to_watch_ = more_to_watch_ && gives_way;
  if (now < watch_at_ || gives_way) return;
  watched_at_ = now;
  try {
    more_to_watch_ = card_watch_.step(rules.policy.alerts, rules.policy.mute, clock_.now());
  } catch (const std::exception& error) {
    spdlog::warn("cards that expire are not announced for now: {}", error.what());
    card_watch_.forget();
    watch_at_ = now + watch_retry_interval;
  }
}

void Applier::report_damage() {
  for (const JournalDamage& damage : reader_->take_damage()) {
    if (damage.bytes == 0) {
      spdlog::error("{}: segment {} of the intake journal is missing; the reports in it are lost",
                    journal_.dir(), damage.at.segment);
    } else {
      spdlog::warn("{}: passed over {} bytes that are no report: a torn tail, or damage",
                   segment_path(journal_.dir(), damage.at.segment), damage.bytes);
    }
  }
}

// The batch is read again from where the store stands, once it can say: a commit whose answer was
// lost has happened.
void Applier::hold(const std::string& problem) {
  const bool ours = neighbours_.changing();
  forget();
  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    first = held_.empty() && !ours;
    if (!ours) held_ = problem;
  }
  if (ours) spdlog::info("reports wait in the intake journal while many cards are changed");
  if (first) spdlog::error("holding reports, they wait in the intake journal: {}", problem);
  const auto until = std::chrono::steady_clock::now() + retry_interval;
  while (!stopping_ && std::chrono::steady_clock::now() < until) {
    journal_.wait_past(journal_.end(), idle_interval);
  }
}

void Applier::recovered() {
  const std::lock_guard lock{mutex_};
  if (std::exchange(held_, {}).empty()) return;
  spdlog::warn("the store takes reports again");
}

}  // namespace iotcard
