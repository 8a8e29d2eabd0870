// SPDX-License-Identifier: Apache-2.0
#include "broker/session.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "broker/connection.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds status_patience{10};
// A connection that lasted so long starts the back-off anew; one that is thrown out at once does
// not.
constexpr std::chrono::seconds proven{10};

// Capped exponential back-off with full jitter, so that a fleet of clients does not come at once.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds least, std::chrono::milliseconds most)
      : least_(least), most_(most), ceiling_(least) {}
  void reset() { ceiling_ = least_; }
  std::chrono::milliseconds next() {
    std::uniform_int_distribution<std::int64_t> delay{least_.count() / 2, ceiling_.count()};
    ceiling_ = std::min(most_, ceiling_ * 2);
    return std::chrono::milliseconds{delay(random_)};
  }

 private:
  std::chrono::milliseconds least_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds ceiling_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace

class Session::Impl {
 public:
  Impl(SessionOptions options, SessionHandlers handlers)
      : options_(std::move(options)),
        handlers_(std::move(handlers)),
        mqtt5_(options_.protocol != MqttProtocol::v3_1_1),
        backoff_(options_.backoff_min, options_.backoff_max) {}
  ~Impl() { end(std::chrono::milliseconds{0}); }

  void start() {
    thread_ = std::thread{[this] { run(); }};
    pthread_setname_np(thread_.native_handle(), "broker");
  }

  void end(std::chrono::milliseconds patience) {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
      farewell_ = patience;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  bool publish(std::int64_t token, const std::string& topic, std::string_view payload, int qos,
               bool retain) {
    std::shared_ptr<Connection> connection;
    {
      const std::lock_guard lock{mutex_};
      connection = connection_;
    }
    return connection && connection->publish(token, topic, payload, qos, retain);
  }

  void set_status(std::string payload) {
    {
      const std::lock_guard lock{mutex_};
      status_ = std::move(payload);
      status_told_ = false;
    }
    changed_.notify_all();
  }

  void set_holding(bool holding) {
    {
      const std::lock_guard lock{mutex_};
      holding_ = holding;
    }
    changed_.notify_all();
  }

  bool connected() const {
    const std::lock_guard lock{mutex_};
    return connection_ != nullptr;
  }

 private:
  void run() {
    while (!stopping()) {
      {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return !holding_ || stopping_; });
        if (stopping_) return;
      }
      const auto began = std::chrono::steady_clock::now();
      std::string reason;
      try {
        reason = stay_connected(connect());
      } catch (const ConnectionError& error) {
        reason = error.what();
      }
      if (stopping()) return;
      if (handlers_.on_disconnected) handlers_.on_disconnected(reason);
      if (std::chrono::steady_clock::now() - began > proven) backoff_.reset();
      std::unique_lock lock{mutex_};
      if (holding_) continue;
      changed_.wait_for(lock, backoff_.next(), [&] { return stopping_; });
    }
  }

  // One attempt, or two where the other version of MQTT may be what the broker speaks.
  std::shared_ptr<Connection> connect() {
    try {
      return connect_with(mqtt5_);
    } catch (const ConnectionError& error) {
      if (options_.protocol != MqttProtocol::automatic || !error.other_protocol_may_help() ||
          stopping()) {
        throw;
      }
      std::shared_ptr<Connection> connection;
      try {
        connection = connect_with(!mqtt5_);
      } catch (const ConnectionError& second) {
        // The broker that answers at all has the word.
        if (!second.other_protocol_may_help()) throw;
      }
      if (!connection) throw;
      mqtt5_ = !mqtt5_;
      return connection;
    }
  }

  std::shared_ptr<Connection> connect_with(bool mqtt5) {
    auto connection = std::make_shared<Connection>(
        options_, mqtt5,
        Connection::Hooks{[this](const Message& message) {
                            if (handlers_.on_message) handlers_.on_message(message);
                          },
                          [this](std::int64_t token, bool ok, const std::string& reason) {
                            if (handlers_.on_published) handlers_.on_published(token, ok, reason);
                          },
                          [this] {
                            // Under the lock, so that no wait misses it; nobody calls the library
                            // with the lock held.
                            { const std::lock_guard lock{mutex_}; }
                            changed_.notify_all();
                          },
                          [this] { return stopping(); }});
    session_present_ = connection->open();
    // MQTT 5 subscribes anew at no cost: retained messages come for new subscriptions only.
    if (mqtt5 || !session_present_ || !subscribed_once_) connection->subscribe();
    subscribed_once_ = true;
    tell_status(*connection);
    {
      const std::lock_guard lock{mutex_};
      connection_ = connection;
    }
    if (handlers_.on_connected) handlers_.on_connected(mqtt5, session_present_);
    return connection;
  }

  void tell_status(Connection& connection) {
    std::string status;
    {
      const std::lock_guard lock{mutex_};
      status = status_;
      status_told_ = true;
    }
    if (options_.status_topic.empty() || status.empty()) return;
    connection.publish_and_wait(options_.status_topic, status, true, status_patience);
  }

  // Until the connection ends; returns why.
  std::string stay_connected(std::shared_ptr<Connection> connection) {
    for (;;) {
      std::unique_lock lock{mutex_};
      changed_.wait(lock,
                    [&] { return stopping_ || connection->lost() || !status_told_ || holding_; });
      if (connection->lost()) {
        connection_.reset();
        lock.unlock();
        return connection->reason();
      }
      if (!stopping_ && !status_told_) {
        lock.unlock();
        try {
          tell_status(*connection);
        } catch (const ConnectionError& error) {
          drop();
          return error.what();
        }
        continue;
      }
      const bool stopping = stopping_;
      const std::chrono::milliseconds patience =
          stopping ? farewell_ : std::chrono::milliseconds{status_patience};
      connection_.reset();
      lock.unlock();
      if (patience.count() > 0) say_farewell(*connection, stopping, patience);
      return stopping ? "stopped" : "on hold: the broker keeps the reports";
    }
  }

  void say_farewell(Connection& connection, bool offline, std::chrono::milliseconds patience) {
    leaving_ = true;
    try {
      if (offline && !options_.status_topic.empty()) {
        connection.publish_and_wait(options_.status_topic, options_.offline_status, true,
                                    patience / 2);
      }
    } catch (const ConnectionError&) {
      // Then the last will says it.
    }
    connection.close(patience / 2);
    leaving_ = false;
  }

  void drop() {
    const std::lock_guard lock{mutex_};
    connection_.reset();
  }

  // True if waiting has no point any more; the farewell itself is waited for.
  bool stopping() const {
    if (leaving_) return false;
    const std::lock_guard lock{mutex_};
    return stopping_;
  }

  const SessionOptions options_;
  const SessionHandlers handlers_;

  // The session's thread only, as the next four.
  bool mqtt5_;
  bool session_present_ = false;
  bool subscribed_once_ = false;
  std::atomic<bool> leaving_{false};
  Backoff backoff_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Connection> connection_;  // guarded by mutex_, as all that follows
  std::string status_;
  bool status_told_ = true;
  bool holding_ = false;
  bool stopping_ = false;
  std::chrono::milliseconds farewell_{0};
  std::thread thread_;
};

Session::Session(SessionOptions options, SessionHandlers handlers)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handlers))) {}
Session::~Session() = default;

void Session::start() {
  impl_->start();
}
void Session::stop(std::chrono::milliseconds patience) {
  impl_->end(patience);
}
bool Session::publish(std::int64_t token, const std::string& topic, std::string_view payload,
                      int qos, bool retain) {
  return impl_->publish(token, topic, payload, qos, retain);
}
void Session::set_status(std::string payload) {
  impl_->set_status(std::move(payload));
}
void Session::hold() {
  impl_->set_holding(true);
}
void Session::resume() {
  impl_->set_holding(false);
}
bool Session::connected() const {
  return impl_->connected();
}

}  // namespace iotcard
