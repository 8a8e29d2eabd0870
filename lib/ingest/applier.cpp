// SPDX-License-Identifier: Apache-2.0
#include "ingest/applier.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/utf8.h"
#include "store/apply_change.h"
#include "store/decision_inputs.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;

// With more events than this to be published, a tenth of a second's work, shares are kept.
constexpr std::int64_t many_events = 1000;
constexpr milliseconds idle_interval{200};
constexpr milliseconds retry_interval{500};
constexpr std::chrono::minutes tidy_retry_interval{1};
constexpr std::chrono::seconds watch_retry_interval{5};
constexpr milliseconds watch_pace{250};

// What is known of the card or the device is newer than the report: it was deferred, and others
// were not.
bool is_outrun(const DecisionInputs& knowledge, Instant arrival) {
  const auto newer = [&](const std::optional<Binding>& binding) {
    return binding && binding->last_seen > arrival;
  };
  return newer(knowledge.device_binding) ||
         std::any_of(knowledge.cards.begin(), knowledge.cards.end(),
                     [&](const MatchedCard& card) { return newer(card.binding); });
}

// A topic for a log line; what is_control_or_bidi in it is the log's business.
std::string_view shown(std::string_view topic) {
  return clip_utf8(topic, 128);
}

}  // namespace

Applier::Applier(Store& store, Journal& journal, const Clock& clock, std::string client_id,
                 std::shared_ptr<const ApplyRules> rules, Hooks neighbours)
    : store_(store),
      journal_(journal),
      clock_(clock),
      client_id_(std::move(client_id)),
      hooks_(std::move(neighbours)),
      batch_(store, journal, client_id_),
      sweeper_(store, client_id_),
      expiry_monitor_(store, client_id_),
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
        quarantine(error.what());
      }
    } catch (const JournalError& error) {
      hold(error.what());
    } catch (const std::exception& error) {
      quarantine(error.what());
    }
  }
}

// One batch, or a wait for one.
void Applier::step() {
  if (!batch_.has_begun()) find_position();
  const bool work_waits =
      ((batch_.deferred() > 0 || more_to_watch_) && !events_wait_) || more_to_tidy_;
  const JournalPosition end = batch_.wait(work_waits ? milliseconds{0} : idle_interval);
  // Not before: new rules hold for what comes after them.
  const std::shared_ptr<const ApplyRules> rules = current_rules();
  events_wait_ = hooks_.publishing() && store_.outbox_span(client_id_) > many_events;
  batch_.take(end, rules, events_wait_);
  report_damage();
  if (!batch_.empty() || hooks_.published() > removed_) apply_batch(*rules);
  tidy(*rules);
  watch_cards(*rules);
}

void Applier::forget() {
  batch_.forget();
  sweeper_.recount();
  expiry_monitor_.forget();
}

void Applier::find_position() {
  const JournalPosition stands = store_.journal_position(client_id_);
  {
    const std::lock_guard lock{mutex_};
    applied_ = stands;
  }
  batch_.begin(stands);
}

std::shared_ptr<const ApplyRules> Applier::current_rules() const {
  const std::lock_guard lock{mutex_};
  return rules_;
}

// After a commit: all before `position` is in the store.
void Applier::advance(JournalPosition position, const ReportCounts& done) {
  {
    const std::lock_guard lock{mutex_};
    applied_ = position;
    counts_ += done;
  }
  journal_.applied(position);
  hooks_.committed();
}

void Applier::apply_batch(const ApplyRules& rules) {
  const std::int64_t published = hooks_.published();
  const JournalPosition position = batch_.position();
  batch_counts_ = {.applied = batch_.items().size(), .deferred = batch_.deferred_items().size()};
  std::int64_t taken_up = 0;

  const auto began = std::chrono::steady_clock::now();
  Transaction transaction{store_};
  for (const Batch::Item& item : batch_.items()) {
    apply(item, rules);
    taken_up = std::max(taken_up, item.deferred);
  }
  for (const Batch::Item& item : batch_.deferred_items()) {
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
  if (batch_counts_.applied > 0) {
    batch_counts_.batch_reports.observe(static_cast<double>(batch_counts_.applied));
    batch_counts_.batch_seconds.observe(took.count());
  }

  removed_ = std::max(removed_, published);
  const bool something = !batch_.empty() || position != applied();
  batch_.committed();
  if (something) advance(position, batch_counts_);
}

void Applier::apply(const Batch::Item& item, const ApplyRules& rules) {
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
  const DecisionInputs knowledge = load_inputs(store_, *device, report);
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
  apply_change(store_, client_id_, rules.policy.mute, decision.writes, decision.events);
  sweeper_.added(decision.writes, is_new);
}

void Applier::apply_state(const Batch::Item& item, const ApplyRules& rules) {
  const JournalRecord& record = item.record;
  if (record.size > record.payload.size()) {
    return reject(item, {RejectionReason::too_large, record.payload.size()}, rules);
  }
  auto problem = hooks_.card_state(store_, *item.from.card, record.payload);
  if (!problem) return;
  reject(item, {RejectionReason::bad_card_state, 0, *std::move(problem)}, rules);
}

void Applier::reject(const Batch::Item& item, Rejection rejection, const ApplyRules& rules) {
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
  apply_change(store_, client_id_, rules.policy.mute, {}, {&event, 1});
  sweeper_.added(RetentionKind::rejected_reports, {1, kept_bytes(record)});
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
void Applier::quarantine(const std::string& problem) {
  const std::optional<Batch::Item> culprit = batch_.only_one();
  forget();
  batch_.enter_single_mode();
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
    batch_.leave_single_mode();
    advance(position, batch_counts_);
  } catch (const std::exception& error) {
    hold(error.what());
  }
}

// A failure here costs room, not reports: it is tried again later.
void Applier::tidy(const ApplyRules& rules) {
  if (std::chrono::steady_clock::now() < tidy_at_) return;
  more_to_tidy_ = false;
  for (const RetentionKind kind : retention_kinds) {
    try {
      more_to_tidy_ |= sweeper_.step(kind, rules.retention, rules.policy.mute, clock_.now());
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
    more_to_watch_ = expiry_monitor_.step(rules.policy.alerts, rules.policy.mute, clock_.now());
  } catch (const std::exception& error) {
    spdlog::warn("cards that expire are not announced for now: {}", error.what());
    expiry_monitor_.forget();
    watch_at_ = now + watch_retry_interval;
  }
}

void Applier::report_damage() {
  for (const JournalDamage& damage : batch_.take_damage()) {
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
  const bool ours = hooks_.changing();
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
