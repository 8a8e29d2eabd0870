// SPDX-License-Identifier: Apache-2.0
#include "ingest/outbox_publisher.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "domain/event.h"

namespace iotcard {
namespace {

constexpr int read_limit = 256;  // rows at a time
// Rows of other processes, such as iotcardctl, are noticed at this interval.
constexpr std::chrono::milliseconds look_interval{500};
constexpr std::chrono::seconds refused_interval{5};
// A broker that does not take an event ends the connection at once; a silent connection is ended
// later than this.
constexpr std::chrono::seconds blamed_within{10};

}  // namespace

OutboxPublisher::OutboxPublisher(OutboxStore& store, Publisher& publisher, const Clock& clock,
                                 std::string client_id, std::string prefix)
    : store_(store), publisher_(publisher), clock_(clock), client_id_(std::move(client_id)) {
  state_.prefix = std::move(prefix);
}

OutboxPublisher::~OutboxPublisher() {
  stop();
}

void OutboxPublisher::start() {
  thread_ = std::thread{[this] { run(); }};
  pthread_setname_np(thread_.native_handle(), "publisher");
}

void OutboxPublisher::stop() {
  {
    const std::lock_guard lock{mutex_};
    state_.stopping = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void OutboxPublisher::connected(std::size_t room) {
  const std::lock_guard lock{mutex_};
  state_.connected = true;
  state_.room = room;
  ++state_.connections;
  state_.not_before = {};
  changed_.notify_all();
}

void OutboxPublisher::disconnected() {
  const std::lock_guard lock{mutex_};
  state_.connected = false;
  if (!state_.in_flight.empty()) {
    const InFlight& first = state_.in_flight.front();
    const bool soon = std::chrono::steady_clock::now() - first.sent_at < blamed_within;
    if (soon && state_.suspect.connection_ended(first.row.sequence, state_.in_flight.size())) {
      state_.culprit = Culprit{first.row.sequence, Culprit::Cause::ends_connection,
                               fmt::format("the broker ended the connection {} times in a row when "
                                           "it was sent this event alone",
                                           EventSuspect::limit)};
    }
  }
  begin_again();
}

void OutboxPublisher::notify() {
  std::unique_lock lock{mutex_};
  if (!std::exchange(state_.more, true)) wake_if_due(lock);
}

// mutex_ is held. There is something to send and room for it, or something to read.
bool OutboxPublisher::may_continue() const {
  if (!state_.connected) return false;
  if (state_.culprit) return true;
  if (state_.next == state_.rows.size()) return state_.more;
  return state_.suspect.alone() ? state_.in_flight.empty() : state_.in_flight.size() <= low_water;
}

// mutex_ is held.
std::size_t OutboxPublisher::most_in_flight() const {
  return state_.suspect.alone() ? 1 : window;
}

void OutboxPublisher::wake_if_due(std::unique_lock<std::mutex>& lock) {
  if (!state_.waits || !may_continue()) return;
  state_.waits = false;
  lock.unlock();
  changed_.notify_one();
}

void OutboxPublisher::set_prefix(std::string prefix) {
  const std::lock_guard lock{mutex_};
  state_.prefix = std::move(prefix);
}

void OutboxPublisher::published(std::int64_t sequence, Delivery delivery,
                                const std::string& reason) {
  std::unique_lock lock{mutex_};
  const auto message =
      std::find_if(state_.in_flight.begin(), state_.in_flight.end(),
                   [&](const InFlight& flying) { return flying.row.sequence == sequence; });
  const bool current = message != state_.in_flight.end();
  switch (delivery) {
    case Delivery::acknowledged:
      state_.suspect.acknowledged(sequence);  // also of what has been begun again since
      if (current) acknowledge(*message);
      break;
    case Delivery::lost:  // disconnected() follows
      break;
    case Delivery::refused:
    case Delivery::unacceptable:
      if (current && state_.connected) refuse(sequence, delivery, reason);
      break;
  }
  wake_if_due(lock);
}

// mutex_ is held.
void OutboxPublisher::acknowledge(InFlight& message) {
  message.acknowledged = true;
  ++state_.counts.published;
  while (!state_.in_flight.empty() && state_.in_flight.front().acknowledged) {
    state_.acknowledged = state_.in_flight.front().row.sequence;
    if (listener_) listener_(state_.in_flight.front().row);
    state_.in_flight.pop_front();
  }
  if (!state_.held.empty() && !state_.read_failed) {
    spdlog::warn("the broker takes events again");
    state_.held.clear();
  }
}

// mutex_ is held.
void OutboxPublisher::refuse(std::int64_t sequence, Delivery delivery, const std::string& reason) {
  ++state_.counts.refused;
  if (state_.suspect.refused(sequence) || delivery == Delivery::unacceptable) {
    state_.culprit = Culprit{sequence, Culprit::Cause::refused, reason};
    state_.not_before = {};
  } else {
    if (state_.held.empty()) spdlog::error("events wait in the outbox: {}", reason);
    state_.held = reason;
    state_.read_failed = false;
    state_.not_before = std::chrono::steady_clock::now() + refused_interval;
  }
  begin_again();
}

std::int64_t OutboxPublisher::acknowledged() const {
  const std::lock_guard lock{mutex_};
  return state_.acknowledged;
}

OutboxCounts OutboxPublisher::counts() const {
  const std::lock_guard lock{mutex_};
  return state_.counts;
}

bool OutboxPublisher::publishing() const {
  const std::lock_guard lock{mutex_};
  return state_.connected && state_.held.empty();
}

std::string OutboxPublisher::held() const {
  const std::lock_guard lock{mutex_};
  return state_.held;
}

bool OutboxPublisher::idle() const {
  const std::lock_guard lock{mutex_};
  return state_.in_flight.empty() && state_.next == state_.rows.size() && !state_.more &&
         !state_.culprit;
}

// mutex_ is held.
void OutboxPublisher::begin_again() {
  state_.in_flight.clear();
  state_.rows.clear();
  state_.next = 0;
  state_.read_up_to = state_.acknowledged;
  state_.more = true;
  ++state_.attempt;
}

void OutboxPublisher::run() {
  std::unique_lock lock{mutex_};
  while (!state_.stopping) {
    const auto now = std::chrono::steady_clock::now();
    const bool may_send = state_.connected && now >= state_.not_before;
    if (state_.culprit && now >= state_.not_before) {
      quarantine(lock);
    } else if (may_send && state_.next < state_.rows.size() &&
               state_.in_flight.size() < most_in_flight()) {
      send_next(lock);
    } else if (may_send && state_.next == state_.rows.size() && state_.more) {
      read_more(lock);
    } else {
      state_.waits = true;
      if (changed_.wait_for(lock, look_interval) == std::cv_status::timeout) state_.more = true;
      state_.waits = false;
    }
  }
}

void OutboxPublisher::read_more(std::unique_lock<std::mutex>& lock) {
  state_.more = false;
  const std::int64_t after = state_.read_up_to;
  const std::uint64_t attempt = state_.attempt;
  lock.unlock();
  std::vector<OutboxRow> rows;
  std::string problem;
  try {
    rows = store_.read_outbox(client_id_, after, read_limit);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  lock.lock();
  if (!problem.empty()) {
    if (state_.held.empty()) spdlog::error("cannot read the outbox: {}", problem);
    state_.held = problem;
    state_.read_failed = true;
    state_.not_before = std::chrono::steady_clock::now() + look_interval;
    state_.more = true;
    return;
  }
  if (std::exchange(state_.read_failed, false)) {
    spdlog::warn("the outbox can be read again");
    state_.held.clear();
  }
  if (attempt != state_.attempt || rows.empty()) return;
  state_.rows = std::move(rows);
  state_.next = 0;
  state_.read_up_to = state_.rows.back().sequence;
  state_.more = true;  // there may be more behind these
}

void OutboxPublisher::send_next(std::unique_lock<std::mutex>& lock) {
  OutboxRow row = std::move(state_.rows[state_.next++]);
  const std::string topic = state_.prefix + '/' + row.topic;
  if (topic.size() + row.payload.size() > state_.room) {
    auto shortened =
        shortened_event(row.payload, state_.room - std::min(state_.room, topic.size()));
    if (!shortened) {
      state_.culprit =
          Culprit{row.sequence, Culprit::Cause::too_large,
                  fmt::format("topic and payload have {} bytes, and the broker takes {} at most",
                              topic.size() + row.payload.size(), state_.room)};
      return;
    }
    row.payload = *std::move(shortened);
  }
  // It is in flight before it is sent, since the acknowledgement may come before publish() returns.
  state_.in_flight.push_back(
      {listener_ ? row : OutboxRow{row.sequence, {}, {}}, false, std::chrono::steady_clock::now()});
  const std::uint64_t connection = state_.connections;
  lock.unlock();
  const bool sent = publisher_.publish(row.sequence, topic, row.payload);
  lock.lock();
  if (sent) return;
  if (connection == state_.connections)
    state_.connected = false;  // until connected() is called again
  begin_again();
}

// What is under way stays so; the event is not in the outbox any more when it is read again.
void OutboxPublisher::quarantine(std::unique_lock<std::mutex>& lock) {
  const Culprit culprit = *state_.culprit;
  lock.unlock();
  std::string problem;
  bool moved = false;
  try {
    moved = store_.quarantine_event(client_id_, culprit.sequence, culprit.reason, clock_.now());
    if (moved) log_quarantine(culprit);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  lock.lock();
  if (!problem.empty()) {
    if (state_.held.empty()) spdlog::error("cannot quarantine an event: {}", problem);
    state_.held = problem;
    state_.read_failed = true;  // the store's fault: the next read that succeeds ends it
    state_.not_before = std::chrono::steady_clock::now() + look_interval;
    return;
  }
  state_.culprit.reset();
  if (moved) ++state_.counts.quarantined;
  state_.more = true;
  if (culprit.cause == Culprit::Cause::refused && !state_.read_failed) state_.held.clear();
}

void OutboxPublisher::log_quarantine(const Culprit& culprit) {
  if (!logged_causes_.insert(culprit.cause).second) return;
  spdlog::error(
      "quarantined event {}, see iotcardctl quarantine list: {}; further ones for such a cause are "
      "counted only",
      culprit.sequence, culprit.reason);
}

}  // namespace iotcard
