// SPDX-License-Identifier: Apache-2.0
#include "ingest/outbox_publisher.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

namespace iotcard {
namespace {

constexpr int read_limit = 256;  // rows at a time
// Rows of other processes, such as iotcardctl, are noticed at this interval.
constexpr std::chrono::milliseconds look_interval{500};
constexpr std::chrono::seconds refused_interval{5};

}  // namespace

OutboxPublisher::OutboxPublisher(OutboxStore& store, Publisher& publisher, std::string client_id,
                                 std::string prefix)
    : store_(store), publisher_(publisher), client_id_(std::move(client_id)) {
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

void OutboxPublisher::connected() {
  const std::lock_guard lock{mutex_};
  state_.connected = true;
  ++state_.connections;
  state_.not_before = {};
  changed_.notify_all();
}

void OutboxPublisher::disconnected() {
  const std::lock_guard lock{mutex_};
  state_.connected = false;
  begin_again();
}

void OutboxPublisher::notify() {
  std::unique_lock lock{mutex_};
  if (!std::exchange(state_.more, true)) wake_if_due(lock);
}

// mutex_ is held. There is something to send and room for it, or something to read.
bool OutboxPublisher::may_continue() const {
  if (!state_.connected) return false;
  return state_.next < state_.rows.size() ? state_.in_flight.size() <= low_water : state_.more;
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

void OutboxPublisher::published(std::int64_t sequence, bool ok, const std::string& reason) {
  std::unique_lock lock{mutex_};
  const auto message =
      std::find_if(state_.in_flight.begin(), state_.in_flight.end(),
                   [&](const InFlight& flying) { return flying.row.sequence == sequence; });
  if (message == state_.in_flight.end()) return;  // of an earlier connection
  if (ok) {
    message->acknowledged = true;
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
  } else if (state_.connected) {
    if (state_.held.empty()) spdlog::error("events wait in the outbox: {}", reason);
    state_.held = reason;
    state_.read_failed = false;
    ++state_.counts.refused;
    state_.not_before = std::chrono::steady_clock::now() + refused_interval;
    begin_again();
  }
  wake_if_due(lock);
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
  return state_.in_flight.empty() && state_.next == state_.rows.size() && !state_.more;
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
    if (may_send && state_.next < state_.rows.size() && state_.in_flight.size() < window) {
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
  // It is in flight before it is sent, since the acknowledgement may come before publish() returns.
  state_.in_flight.push_back({listener_ ? row : OutboxRow{row.sequence, {}, {}}, false});
  const std::string topic = state_.prefix + '/' + row.topic;
  const std::uint64_t connection = state_.connections;
  lock.unlock();
  const bool sent = publisher_.publish(row.sequence, topic, row.payload);
  lock.lock();
  if (sent) return;
  if (connection == state_.connections)
    state_.connected = false;  // until connected() is called again
  begin_again();
}

}  // namespace iotcard
