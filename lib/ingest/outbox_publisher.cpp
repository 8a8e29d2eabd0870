// SPDX-License-Identifier: Apache-2.0
#include "ingest/outbox_publisher.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace iotcard {
namespace {

constexpr int read_limit = 256;  // rows at a time
// How soon rows of another process, iotcardctl for one, are noticed.
constexpr std::chrono::milliseconds look_interval{500};
constexpr std::chrono::seconds refused_interval{5};

}  // namespace

OutboxPublisher::OutboxPublisher(Store& store, Publisher& publisher, std::string client_id,
                                 std::string prefix)
    : store_(store),
      publisher_(publisher),
      client_id_(std::move(client_id)),
      prefix_(std::move(prefix)) {}

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
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void OutboxPublisher::connected() {
  {
    const std::lock_guard lock{mutex_};
    connected_ = true;
    ++connections_;
    not_before_ = {};
  }
  changed_.notify_all();
}

void OutboxPublisher::disconnected() {
  const std::lock_guard lock{mutex_};
  connected_ = false;
  begin_again();
}

void OutboxPublisher::notify() {
  std::unique_lock lock{mutex_};
  if (!std::exchange(more_, true)) wake_if_due(lock);
}

// With the lock. Something to send and room for it, or something to look for.
bool OutboxPublisher::may_go_on() const {
  if (!connected_) return false;
  return next_ < read_.size() ? in_flight_.size() <= low_water : more_;
}

void OutboxPublisher::wake_if_due(std::unique_lock<std::mutex>& lock) {
  if (!waits_ || !may_go_on()) return;
  waits_ = false;
  lock.unlock();
  changed_.notify_one();
}

void OutboxPublisher::set_prefix(std::string prefix) {
  const std::lock_guard lock{mutex_};
  prefix_ = std::move(prefix);
}

void OutboxPublisher::published(std::int64_t sequence, bool ok, const std::string& reason) {
  std::unique_lock lock{mutex_};
  {
    const auto message =
        std::find_if(in_flight_.begin(), in_flight_.end(),
                     [&](const InFlight& flying) { return flying.row.sequence == sequence; });
    if (message == in_flight_.end()) return;  // of a connection before this one
    if (ok) {
      message->acknowledged = true;
      ++counts_.published;
      while (!in_flight_.empty() && in_flight_.front().acknowledged) {
        acknowledged_ = in_flight_.front().row.sequence;
        if (listener_) listener_(in_flight_.front().row);
        in_flight_.pop_front();
      }
      if (!held_.empty()) {
        spdlog::warn("the broker takes events again");
        held_.clear();
      }
    } else if (connected_) {
      if (held_.empty()) spdlog::error("events wait in the outbox: {}", reason);
      held_ = reason;
      ++counts_.refused;
      not_before_ = std::chrono::steady_clock::now() + refused_interval;
      begin_again();
    }
  }
  wake_if_due(lock);
}

std::int64_t OutboxPublisher::acknowledged() const {
  const std::lock_guard lock{mutex_};
  return acknowledged_;
}

OutboxCounts OutboxPublisher::counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

bool OutboxPublisher::publishing() const {
  const std::lock_guard lock{mutex_};
  return connected_ && held_.empty();
}

std::string OutboxPublisher::held() const {
  const std::lock_guard lock{mutex_};
  return held_;
}

bool OutboxPublisher::idle() const {
  const std::lock_guard lock{mutex_};
  return in_flight_.empty() && next_ == read_.size() && !more_;
}

// The mutex is held.
void OutboxPublisher::begin_again() {
  in_flight_.clear();
  read_.clear();
  next_ = 0;
  read_up_to_ = acknowledged_;
  more_ = true;
  ++attempt_;
}

void OutboxPublisher::run() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    const auto now = std::chrono::steady_clock::now();
    const bool may_send = connected_ && now >= not_before_;
    if (may_send && next_ < read_.size() && in_flight_.size() < window) {
      send_next(lock);
    } else if (may_send && next_ == read_.size() && more_) {
      read_more(lock);
    } else {
      waits_ = true;
      if (changed_.wait_for(lock, look_interval) == std::cv_status::timeout) more_ = true;
      waits_ = false;
    }
  }
}

void OutboxPublisher::read_more(std::unique_lock<std::mutex>& lock) {
  more_ = false;
  const std::int64_t after = read_up_to_;
  const std::uint64_t attempt = attempt_;
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
    if (held_.empty()) spdlog::error("cannot read the outbox: {}", problem);
    held_ = problem;
    not_before_ = std::chrono::steady_clock::now() + look_interval;
    more_ = true;
    return;
  }
  if (attempt != attempt_ || rows.empty()) return;
  read_ = std::move(rows);
  next_ = 0;
  read_up_to_ = read_.back().sequence;
  more_ = true;  // there may be more behind these
}

void OutboxPublisher::send_next(std::unique_lock<std::mutex>& lock) {
  OutboxRow row = std::move(read_[next_++]);
  // In flight before it is sent: the acknowledgement may come first.
  in_flight_.push_back({listener_ ? row : OutboxRow{row.sequence, {}, {}}, false});
  const std::string topic = prefix_ + '/' + row.topic;
  const std::uint64_t connection = connections_;
  lock.unlock();
  const bool sent = publisher_.publish(row.sequence, topic, row.payload);
  lock.lock();
  if (sent) return;
  if (connection == connections_) connected_ = false;  // connected() comes again
  begin_again();
}

}  // namespace iotcard
