// SPDX-License-Identifier: Apache-2.0
#include "broker/session.h"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "broker/backoff.h"
#include "broker/connection.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds status_patience{10};
constexpr std::chrono::seconds hold_patience{10};
constexpr std::chrono::seconds close_patience{2};       // of a connection that is made again
constexpr std::chrono::seconds destructor_patience{1};  // of a session without stop()
constexpr int many_breaks = 3;                          // connections in a row that broke at once

}  // namespace

class Session::Impl {
 public:
  Impl(SessionOptions options, SessionHandlers handlers)
      : options_(std::move(options)),
        handlers_(std::move(handlers)),
        mqtt5_(options_.protocol != MqttProtocol::v3_1_1),
        backoff_(options_.backoff_min, options_.backoff_max) {}
  ~Impl() { end(destructor_patience); }

  void start() {
    thread_ = std::thread{[this] { run(); }};
    pthread_setname_np(thread_.native_handle(), "broker");
  }

  void end(milliseconds patience) {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
      stop_patience_ = patience;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  bool publish(std::int64_t token, const std::string& topic, std::string_view payload, int qos,
               bool retain) {
    Connection* connection = nullptr;
    {
      const std::lock_guard lock{mutex_};
      if (connection_ == nullptr) return false;
      connection = connection_;
      ++publishing_;
    }
    // Without the lock: the library may wait here for a callback that wants it.
    const bool accepted = connection->publish(token, topic, payload, qos, retain);
    bool is_waited_for = false;  // by detach(): nobody else need wake for each message
    {
      const std::lock_guard lock{mutex_};
      is_waited_for = --publishing_ == 0 && connection_ == nullptr;
    }
    if (is_waited_for) changed_.notify_all();
    return accepted;
  }

  void set_status(std::string payload) {
    const std::lock_guard lock{mutex_};
    status_ = std::move(payload);
    status_published_ = false;
    changed_.notify_all();
  }

  void set_holding(bool holding) {
    const std::lock_guard lock{mutex_};
    holding_ = holding;
    changed_.notify_all();
  }

  bool connected() const {
    const std::lock_guard lock{mutex_};
    return established_;
  }

 private:
  void run() {
    while (may_connect()) {
      const auto began = steady_clock::now();
      std::string reason;
      std::unique_ptr<Connection>
          connection;  // until the handlers know: then its messages are lost
      try {
        connection = connect();
        reason = serve(*connection);
      } catch (const ConnectionError& error) {
        reason = error.what();
      }
      if (stopping()) return;
      if (steady_clock::now() - began > options_.stable_after) {
        backoff_.reset();
        broke_at_once_ = 0;
        concessions_ = ask_again(concessions_);
      }
      if (broke_at_once_ >= many_breaks) {
        reason += "; does another client use the client id " + options_.client_id + "?";
      }
      handlers_.on_disconnected(reason);
      connection.reset();
      std::unique_lock lock{mutex_};
      if (!holding_) changed_.wait_for(lock, backoff_.next(), [&] { return stopping_; });
    }
  }

  // A connection that is ready: with the version of MQTT that the broker speaks, and subscribed. A
  // second attempt with the other version if the broker may speak that.
  std::unique_ptr<Connection> connect() {
    using Cause = ConnectionError::Cause;
    try {
      return connect_with(mqtt5_);
    } catch (const ConnectionError& error) {
      if (options_.protocol != MqttProtocol::automatic) throw;
      // Another broker may come back in its place, and speak MQTT 5.
      if (error.cause() == Cause::unreachable) mqtt5_ = true;
      if (error.cause() != Cause::version || stopping()) throw;
      if (!options_.share.empty()) {
        throw ConnectionError(std::string{error.what()} + "; a shared subscription needs MQTT 5",
                              Cause::other);
      }
      try {
        auto connection = connect_with(!mqtt5_);
        mqtt5_ = connection->facts().mqtt5;
        return connection;
      } catch (const ConnectionError& second) {
        // Report the attempt that got an answer.
        if (second.cause() == Cause::other) throw;
      }
      throw;
    }
  }

  std::unique_ptr<Connection> connect_with(bool mqtt5) {
    auto connection = open_with(mqtt5);
    // With MQTT 5 to subscribe again costs nothing: retained messages come for new subscriptions
    // only. The first time, the filters may differ from those of the session that the broker kept.
    if (mqtt5 || !connection->facts().session_present || !subscribed_) {
      connection->subscribe();
      grants_ = connection->facts().grants;
    }
    subscribed_ = true;
    return connection;
  }

  // Open, on terms that the broker takes. Each attempt that fails for them asks for less.
  std::unique_ptr<Connection> open_with(bool mqtt5) {
    for (;;) {
      auto connection =
          std::make_unique<Connection>(options_, mqtt5, concessions_, handlers_, hooks_);
      std::optional<Concessions> next;
      try {
        connection->open();
        next = concede_to(concessions_, connection->facts().announced, connection->keep_alive());
        if (!next) return connection;
        connection->close(close_patience);
      } catch (const ConnectionError& error) {
        next = concede_to_refusal(concessions_, error.connack());
        if (!next && !mqtt5) return open_with_less_of_a_will(error);
        if (!next) throw;
      }
      if (stopping())
        throw ConnectionError(options_.url + ": stopping", ConnectionError::Cause::other);
      concessions_ = *next;
    }
  }

  // With MQTT 3.1.1, a broker that does not take the last will answers by hanging up.
  std::unique_ptr<Connection> open_with_less_of_a_will(const ConnectionError& error) {
    const bool hung_up = error.cause() == ConnectionError::Cause::version && error.connack() == 0;
    if (!hung_up || options_.status_topic.empty()) throw error;
    for (const Concessions& next : concede_to_hang_up(concessions_)) {
      if (stopping()) break;
      auto connection = std::make_unique<Connection>(options_, false, next, handlers_, hooks_);
      try {
        connection->open();
      } catch (const ConnectionError&) {
        continue;
      }
      concessions_ = next;
      return connection;
    }
    throw error;  // it was not the will
  }

  // With MQTT 3.1.1 nothing says why a connection ended.
  void learn_from_status(const Connection& connection, bool published) {
    if (connection.facts().mqtt5 || published || !connection.lost()) {
      lost_statuses_ = 0;
      return;
    }
    if (const auto next = concede_to_lost_status(concessions_, ++lost_statuses_)) {
      concessions_ = *next;
    }
  }

  // Those of the last SUBACKs, which a resumed session has kept.
  ConnectionFacts facts_of(const Connection& connection) const {
    ConnectionFacts facts = connection.facts();
    facts.grants = grants_;
    facts.notices = judge_limits({.mqtt5 = facts.mqtt5,
                                  .keep_alive = options_.keep_alive,
                                  .session_expiry = options_.wanted_expiry(),
                                  .status = !options_.status_topic.empty()},
                                 facts.announced, facts.concessions, facts.grants);
    return facts;
  }

  // Waits while on hold. False: never again.
  bool may_connect() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !holding_ || stopping_; });
    return !stopping_;
  }

  // Until the connection is lost or left; returns why.
  std::string serve(Connection& connection) {
    std::string reason;
    try {
      attach(connection);  // first: whoever sees the status may publish() at once
      publish_first_status(connection);
      {
        const std::lock_guard lock{mutex_};
        established_ = true;
      }
      handlers_.on_connected(facts_of(connection));
      while (wait_for_change(connection)) publish_status(connection);
      reason = connection.lost() ? connection.reason() : options_.url + ": on hold";
      broke_at_once_ = connection.lost() ? broke_at_once_ + 1 : 0;
    } catch (const ConnectionError& error) {
      reason = error.what();
    }
    detach();
    if (!connection.lost()) leave(connection);
    return reason;
  }

  void publish_first_status(Connection& connection) {
    try {
      publish_status(connection);
      learn_from_status(connection, true);
    } catch (const ConnectionError&) {
      learn_from_status(connection, false);
      throw;
    }
  }

  void publish_status(Connection& connection) {
    std::string status;
    {
      const std::lock_guard lock{mutex_};
      status = status_;
      status_published_ = true;
    }
    if (options_.status_topic.empty() || status.empty()) return;
    connection.publish_status(status, status_patience, [this] { return stopping(); });
  }

  // True: there is a status to publish. False: the connection is lost or to be left.
  bool wait_for_change(const Connection& connection) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock,
                  [&] { return stopping_ || connection.lost() || !status_published_ || holding_; });
    return !stopping_ && !connection.lost() && !status_published_;
  }

  void attach(Connection& connection) {
    const std::lock_guard lock{mutex_};
    connection_ = &connection;
  }

  // Nobody publishes any more once it returns.
  void detach() {
    std::unique_lock lock{mutex_};
    connection_ = nullptr;
    established_ = false;
    changed_.wait(lock, [&] { return publishing_ == 0; });
  }

  void leave(Connection& connection) {
    milliseconds patience = hold_patience;
    bool offline = false;
    {
      const std::lock_guard lock{mutex_};
      if (!stopping_ && !holding_) return;  // something is wrong with it
      offline = stopping_;
      if (stopping_) patience = stop_patience_;
    }
    if (offline && !options_.status_topic.empty()) {
      try {
        connection.publish_status(options_.offline_status, patience / 2, [] { return false; });
      } catch (const ConnectionError&) {
        // The broker no longer answers; what has been sent arrives before DISCONNECT.
      }
    }
    connection.close(patience / 2);
  }

  bool stopping() const {
    const std::lock_guard lock{mutex_};
    return stopping_;
  }

  const SessionOptions options_;
  const SessionHandlers handlers_;
  const Connection::Hooks hooks_{.on_lost =
                                     [this] {
                                       // Under the lock, so that no wait misses it.
                                       { const std::lock_guard lock{mutex_}; }
                                       changed_.notify_all();
                                     },
                                 .give_up = [this] { return stopping(); }};
  // Used by the session's thread only.
  bool mqtt5_;  // the version that worked last
  bool subscribed_ = false;
  Concessions concessions_;
  int lost_statuses_ = 0;  // connections in a row that ended at the status
  std::vector<Grant> grants_;
  Backoff backoff_;
  int broke_at_once_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_, to stop_patience_.
  Connection* connection_ = nullptr;  // see detach()
  int publishing_ = 0;                // threads that use it now
  bool established_ = false;          // and the status is published
  std::string status_;
  bool status_published_ = true;
  bool holding_ = false;
  bool stopping_ = false;
  milliseconds stop_patience_{0};
  std::thread thread_;
};

std::vector<std::string> subscribed_filters(const SessionOptions& options) {
  std::vector<std::string> filters = options.filters;
  filters.insert(filters.end(), options.optional_filters.begin(), options.optional_filters.end());
  if (!options.share.empty()) {
    for (std::string& filter : filters) filter.insert(0, "$share/" + options.share + "/");
  }
  if (options.watch_status) filters.push_back(options.status_topic);
  return filters;
}

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
