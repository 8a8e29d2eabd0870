// SPDX-License-Identifier: Apache-2.0
#include "ingest/applier.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "domain/utf8.h"
#include "store/carry_out.h"
#include "store/knowledge.h"

namespace iotcard {
namespace {

constexpr std::size_t max_batch = 256;  // reports in one transaction
constexpr std::chrono::milliseconds idle_interval{200};
constexpr std::chrono::milliseconds retry_interval{500};

std::optional<DeviceKey> find_device(const std::vector<TopicPattern>& patterns,
                                     std::string_view topic) {
  for (const TopicPattern& pattern : patterns) {
    if (auto device = pattern.match(topic)) return device;
  }
  return std::nullopt;
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
      batch_size_(max_batch),
      rules_(std::move(rules)),
      applied_(store_.journal_position(client_id_)) {
  reader_ = std::make_unique<JournalReader>(journal_.dir(), applied_);
}

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

ApplierCounts Applier::counts() const {
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
  const JournalPosition end = journal_.wait_past(reader_->position(), idle_interval);
  batch_.clear();
  reader_->read(end, batch_size_, batch_);
  report_damage();
  if (batch_.empty()) batch_size_ = max_batch;
  const bool rows_to_remove = neighbours_.published() > removed_;
  if (!batch_.empty() || rows_to_remove) apply_batch(batch_);
}

std::shared_ptr<const ApplyRules> Applier::current_rules() const {
  const std::lock_guard lock{mutex_};
  return rules_;
}

// After a commit: all before `position` is in the store.
void Applier::advance(JournalPosition position, std::size_t reports, std::uint64_t rejected) {
  {
    const std::lock_guard lock{mutex_};
    applied_ = position;
    counts_.applied += reports;
    counts_.rejected += rejected;
    ++counts_.batches;
  }
  journal_.applied(position);
  neighbours_.committed();
}

void Applier::apply_batch(const std::vector<JournalRecord>& batch) {
  const std::shared_ptr<const ApplyRules> rules = current_rules();
  const std::int64_t published = neighbours_.published();
  batch_rejected_ = 0;

  Transaction transaction{store_};
  for (const JournalRecord& record : batch) apply(record, *rules);
  if (!batch.empty()) store_.set_journal_position(client_id_, reader_->position());
  if (published > removed_) store_.remove_published(client_id_, published);
  transaction.commit();

  removed_ = std::max(removed_, published);
  if (!batch.empty()) advance(reader_->position(), batch.size(), batch_rejected_);
}

void Applier::apply(const JournalRecord& record, const ApplyRules& rules) {
  const auto device = find_device(rules.topics, record.topic);
  if (!device) return reject(record, device, {RejectionReason::bad_topic, 0}, rules);
  if (record.size > record.payload.size()) {
    return reject(record, device, {RejectionReason::too_large, record.payload.size()}, rules);
  }
  ReportReading reading = read_report(record.payload, rules.read);
  if (const auto* rejection = std::get_if<Rejection>(&reading)) {
    return reject(record, device, *rejection, rules);
  }
  DeviceReport& report = std::get<DeviceReport>(reading);
  const Knowledge knowledge = gather_knowledge(store_, *device, report);
  const Decision decision = decide(*device, report, knowledge, rules.policy, record.arrival);
  store_.save_report(
      *device, {record.topic, record.payload, record.arrival, std::move(report), decision.outcome});
  carry_out(store_, client_id_, rules.mute, decision.writes, decision.events);
}

void Applier::reject(const JournalRecord& record, const std::optional<DeviceKey>& device,
                     Rejection rejection, const ApplyRules& rules) {
  store_.add_rejected({.id = 0,
                       .topic = record.topic,
                       .payload = record.payload,
                       .size = record.size,
                       .reason = rejection.reason,
                       .offset = static_cast<std::int64_t>(rejection.offset),
                       .at = record.arrival});
  const Event event =
      rejection_event(device, record.topic, rejection, record.payload, record.size, record.arrival);
  carry_out(store_, client_id_, rules.mute, {}, {&event, 1});
  ++batch_rejected_;
  if (seen_.has(rejection.reason)) return;
  seen_.add(rejection.reason);
  spdlog::info("rejected a report on {}: {} at byte {}; further ones of this kind are counted only",
               shown(record.topic), rejection_reason_names[rejection.reason], rejection.offset);
}

// What failed is no fault of the environment, so trying again will not help. The batch is gone
// through one by one, and the report that fails is kept among the rejected.
void Applier::set_aside(const std::string& problem) {
  if (batch_size_ > 1 || batch_.size() != 1) {
    batch_size_ = 1;
    reader_ = std::make_unique<JournalReader>(journal_.dir(), applied());
    return;
  }
  const JournalRecord culprit = std::move(batch_.front());
  batch_.clear();
  spdlog::error("set aside a report on {}, see iotcardctl rejected list: {}", shown(culprit.topic),
                problem);
  try {
    const std::shared_ptr<const ApplyRules> rules = current_rules();
    Transaction transaction{store_};
    reject(culprit, find_device(rules->topics, culprit.topic), {RejectionReason::not_applied, 0},
           *rules);
    store_.set_journal_position(client_id_, culprit.end);
    transaction.commit();
    batch_size_ = max_batch;
    advance(culprit.end, 1, 1);
  } catch (const std::exception& error) {
    hold(error.what());
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

void Applier::hold(const std::string& problem) {
  // The batch is read again from where the store stands, if it can say: a commit whose answer was
  // lost has happened.
  JournalPosition stands = applied();
  try {
    stands = store_.journal_position(client_id_);
  } catch (const StoreError&) {
  }
  reader_ = std::make_unique<JournalReader>(journal_.dir(), stands);
  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    first = held_.empty();
    held_ = problem;
  }
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
