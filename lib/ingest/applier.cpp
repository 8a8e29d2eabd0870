// SPDX-License-Identifier: Apache-2.0
#include "ingest/applier.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/utf8.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;

// With more events than this to be published, a tenth of a second's work, devices have shares.
constexpr std::int64_t many_events = 1000;
constexpr milliseconds idle_interval{200};
constexpr milliseconds store_retry_interval{500};
constexpr std::chrono::minutes sweep_retry_interval{1};
constexpr std::chrono::seconds monitor_retry_interval{5};
constexpr milliseconds monitor_pace{250};
constexpr std::chrono::seconds store_check_interval{1};
constexpr milliseconds last_lock_timeout{200};  // while the daemon stops

// For a log line; the log escapes control characters.
std::string_view clip_topic(std::string_view topic) {
  return clip_utf8(topic, 128);
}

}  // namespace

Applier::Applier(Store& store, Journal& journal, const Clock& clock, std::string client_id,
                 std::shared_ptr<const ApplyRules> rules, Hooks hooks)
    : store_(store),
      journal_(journal),
      clock_(clock),
      client_id_(std::move(client_id)),
      hooks_(std::move(hooks)),
      queue_(store, journal, client_id_),
      sweeper_(store, client_id_),
      event_sweeper_(store),
      expiry_monitor_(store, client_id_),
      silence_monitor_(store, client_id_),
      series_(store, [this] { return report_totals(); }),
      state_{std::move(rules), {}, store_.journal_position(client_id_), {}} {}

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
  state_.rules = std::move(rules);
}

std::string Applier::held() const {
  const std::lock_guard lock{mutex_};
  return state_.held;
}

JournalPosition Applier::applied() const {
  const std::lock_guard lock{mutex_};
  return state_.applied;
}

ReportCounts Applier::counts() const {
  const std::lock_guard lock{mutex_};
  return state_.counts;
}

std::shared_ptr<const ApplyRules> Applier::current_rules() const {
  const std::lock_guard lock{mutex_};
  return state_.rules;
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
  end_listening();
}

// The time until the next start is an outage.
void Applier::end_listening() noexcept {
  try {
    if (!held().empty()) return;
    store_.set_lock_timeout(last_lock_timeout);
    silence_monitor_.save(clock_.now());
    series_.save(clock_.now());
  } catch (const std::exception&) {
    // Then the outage began when it was saved last.
  }
}

// One batch, or a wait for one.
void Applier::step() {
  check_store();
  if (!queue_.has_begun()) find_position();
  const bool work_waits =
      ((queue_.deferred() > 0 || expiry_pace_.more || silence_pace_.more) && !many_events_wait_) ||
      more_to_sweep_;
  const JournalPosition end = queue_.wait(work_waits ? milliseconds{0} : idle_interval);
  // Read after the wait: new rules hold for the reports that come after them.
  const std::shared_ptr<const ApplyRules> rules = current_rules();
  choose_history(*rules);
  many_events_wait_ = hooks_.publishing() && store_.outbox_span(client_id_) > many_events;
  batch_ = queue_.take(end, rules, many_events_wait_);
  log_damage();
  if (!batch_.empty() || hooks_.published() > settled_) apply_batch(*rules);
  sweep(*rules);
  monitor_expiry(*rules);
  monitor_silence(*rules);
  const Check unsaved = series_.step(clock_.now());
  if (unsaved) spdlog::warn("the numbers of reports are not saved for now: {}", unsaved->text);
}

// Reports that were applied to a file which has since been deleted or replaced are not in the store
// that the path names. The journal keeps them until a check after their commit has passed.
void Applier::check_store() {
  const auto now = std::chrono::steady_clock::now();
  if (now < store_checked_at_ + store_check_interval) return;
  check_in_place(store_);
  store_checked_at_ = now;
  journal_.remove_applied();
}

void Applier::reset() {
  batch_ = {};
  queue_.reset();
  sweeper_.recount();
  expiry_monitor_.reset();
}

void Applier::find_position() {
  const JournalPosition position = store_.journal_position(client_id_);
  {
    const std::lock_guard lock{mutex_};
    state_.applied = position;
  }
  queue_.begin(position);
}

// After a commit: the store has all before `position`.
void Applier::advance(JournalPosition position) {
  {
    const std::lock_guard lock{mutex_};
    state_.applied = position;
    state_.counts += batch_counts_;
  }
  journal_.applied(position);
  hooks_.committed();
}

// In a transaction of its own, before the first event is settled in the new way.
void Applier::choose_history(const ApplyRules& rules) {
  const bool keep = rules.retention.keeps_events();
  if (keeps_events_ == keep) return;
  store_.keep_history(client_id_, keep);
  keeps_events_ = keep;
}

// The broker has acknowledged the events up to this one.
void Applier::settle_published(std::int64_t published) {
  if (published <= settled_) return;
  if (keeps_events_ == true) {
    store_.mark_published(client_id_, published);
  } else {
    store_.remove_published(client_id_, published);
  }
}

ApplyContext Applier::context(const ApplyRules& rules) const {
  return {client_id_, rules, hooks_.card_state, clock_};
}

void Applier::apply_batch(const ApplyRules& rules) {
  const std::int64_t published = hooks_.published();
  const bool moved_on = batch_.position != applied();
  batch_counts_ = {.deferred = batch_.to_defer.size()};
  std::int64_t no_longer_deferred = 0;

  auto readings = read_reports(batch_.to_apply, rules.sources);
  const auto began = std::chrono::steady_clock::now();
  Transaction transaction{store_};
  const AppliedReports applied =
      apply_reports(store_, batch_.to_apply, std::move(readings), context(rules));
  for (const BatchItem& item : batch_.to_apply) {
    no_longer_deferred = std::max(no_longer_deferred, item.deferred);
  }
  for (const BatchItem& item : batch_.to_defer) {
    store_.defer_report(client_id_, item.report);
  }
  if (no_longer_deferred > 0) store_.remove_deferred(client_id_, no_longer_deferred);
  if (moved_on) store_.set_journal_position(client_id_, batch_.position);
  settle_published(published);
  transaction.commit();
  // From here on nothing may apply it again.
  const Batch committed = std::exchange(batch_, {});
  for (const auto* items : {&committed.to_apply, &committed.to_defer}) {
    for (const BatchItem& item : *items) {
      if (item.deferred == 0) last_arrival_ = std::max(last_arrival_, {item.report.arrival});
    }
  }
  add_up(applied);
  for (const auto& [index, rejection] : applied.rejections) {
    log_rejection(committed.to_apply[index].report, rejection);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (batch_counts_.applied > 0) {
    batch_counts_.batch_reports.observe(static_cast<double>(batch_counts_.applied));
    batch_counts_.batch_seconds.observe(took.count());
  }

  settled_ = std::max(settled_, published);
  queue_.committed(committed);
  if (moved_on || !committed.empty()) advance(committed.position);
}

void Applier::add_up(const AppliedReports& applied) {
  batch_counts_ += applied.counts;
  for (const RetentionKind kind : retention_kinds) {
    sweeper_.added(kind, applied.added[static_cast<std::size_t>(kind)]);
  }
}

void Applier::log_rejection(const ReceivedReport& received, const Rejection& rejection) {
  if (logged_reasons_.has(rejection.reason)) return;
  logged_reasons_.add(rejection.reason);
  const std::string why = rejection.problem.empty()
                              ? fmt::format(" at byte {}", rejection.offset)
                              : fmt::format(": {}", clip_utf8(rejection.problem, 256));
  spdlog::info("rejected a report on {}: {}{}; further ones of this kind are counted only",
               clip_topic(received.topic), rejection_reason_names[rejection.reason], why);
}

// The failure does not come from the environment, so trying again does not help. The reports of the
// batch are applied one by one, and the one that fails is kept among the rejected reports.
void Applier::quarantine(const std::string& problem) {
  const Batch failed = std::exchange(batch_, {});
  const bool found = queue_.single_mode() && failed.to_apply.size() == 1;
  reset();
  queue_.enter_single_mode();
  if (!found) return;
  const BatchItem& culprit = failed.to_apply.front();
  if (std::exchange(last_quarantine_, problem) != problem) {
    spdlog::error(
        "quarantined a report on {}, see iotcardctl rejected list: {}; further ones for the same "
        "cause are counted only",
        clip_topic(culprit.report.topic), problem);
  }
  try {
    const std::shared_ptr<const ApplyRules> rules = current_rules();
    const bool deferred = culprit.deferred > 0;
    const JournalPosition position = deferred ? applied() : culprit.end;
    batch_counts_ = {};
    Transaction transaction{store_};
    const AppliedReports applied =
        reject_report(store_, culprit, {RejectionReason::not_applied, 0}, context(*rules));
    if (deferred) {
      store_.remove_deferred(client_id_, culprit.deferred);
    } else {
      store_.set_journal_position(client_id_, position);
    }
    transaction.commit();
    add_up(applied);
    queue_.leave_single_mode();
    advance(position);
  } catch (const std::exception& error) {
    hold(error.what());
  }
}

// A failure costs disk space, not reports: the sweep is tried again later.
void Applier::sweep(const ApplyRules& rules) {
  if (std::chrono::steady_clock::now() < sweep_not_before_) return;
  more_to_sweep_ = false;
  const auto try_step = [&](const auto& step) {
    try {
      more_to_sweep_ |= step();
    } catch (const std::exception& error) {
      spdlog::warn("rows that exceed [retention] are not deleted for now: {}", error.what());
      sweep_not_before_ = std::chrono::steady_clock::now() + sweep_retry_interval;
    }
  };
  for (const RetentionKind kind : retention_kinds) {
    try_step([&] { return sweeper_.step(kind, rules.retention, rules.policy.mute, clock_.now()); });
  }
  try_step([&] { return event_sweeper_.step(rules.retention, clock_.now()); });
}

// A failure delays events, and loses none. While many events wait, a monitor does four pages a
// second, so that the events of reports do not wait for all cards that expire at midnight.
template <typename Step, typename Reset>
void Applier::run_paced(Pace& pace, const char* what, const Step& step, const Reset& reset) {
  const auto now = std::chrono::steady_clock::now();
  const bool paced = many_events_wait_ && now < pace.stepped_at + monitor_pace;
  pace.more = pace.more && paced;
  if (now < pace.not_before || paced) return;
  pace.stepped_at = now;
  try {
    pace.more = step();
  } catch (const std::exception& error) {
    spdlog::warn("no events about {} for now: {}", what, error.what());
    reset();
    pace.not_before = now + monitor_retry_interval;
  }
}

void Applier::monitor_expiry(const ApplyRules& rules) {
  run_paced(
      expiry_pace_, "expiring cards",
      [&] { return expiry_monitor_.step(rules.policy.alerts, rules.policy.mute, clock_.now()); },
      [&] { expiry_monitor_.reset(); });
}

void Applier::monitor_silence(const ApplyRules& rules) {
  run_paced(
      silence_pace_, "silent devices",
      [&] {
        return silence_monitor_.step(
            rules.device_silent, rules.policy.mute,
            {clock_.now(), hooks_.listening(), [this] { return applied_until(); }});
      },
      [] {});
}

// Reports that arrived later may still wait in the journal or among the deferred ones.
Instant Applier::applied_until() {
  Instant until = clock_.now();
  if (journal_.backlog() > 0) until = std::min(until, last_arrival_.value_or(Instant{}));
  if (queue_.deferred() > 0) {
    const auto deferred = store_.deferred_reports(client_id_, 1);
    if (!deferred.empty()) until = std::min(until, deferred[0].report.arrival);
  }
  return until;
}

void Applier::log_damage() const {
  for (const JournalDamage& damage : batch_.damage) {
    const bool missing = damage.missing_segments > 0;
    spdlog::log(missing ? spdlog::level::err : spdlog::level::warn, "{}",
                describe(damage, journal_.dir()));
  }
}

// The next step asks the store for its position and reads the batch again from there: a commit
// whose answer was lost has happened.
void Applier::hold(const std::string& problem) {
  reset();
  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    first = state_.held.empty();
    state_.held = problem;
  }
  if (first) spdlog::error("holding reports, they wait in the intake journal: {}", problem);
  store_.checkpoint_if_idle();  // a long log may be what fills the disk
  const auto until = std::chrono::steady_clock::now() + store_retry_interval;
  while (!stopping_ && std::chrono::steady_clock::now() < until) {
    journal_.wait_past(journal_.end(), idle_interval);
  }
}

void Applier::recovered() {
  const std::lock_guard lock{mutex_};
  if (std::exchange(state_.held, {}).empty()) return;
  spdlog::warn("the store takes reports again");
}

}  // namespace iotcard
