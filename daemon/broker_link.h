// SPDX-License-Identifier: Apache-2.0
// broker_link.h - The daemon at its broker: the session, what is done with its events, the status
// topic, and when to leave the broker. A reload replaces the session as a whole. While a message
// that ends each connection waits at the broker (see DeliveryGuard), a session under another client
// id and without subscriptions to reports keeps status and events going.
// Threads: publish(), connected(), receiving() and state() from any; the rest from the main thread.
// The ports are called on the session's threads until stop() returns.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "broker/delivery_guard.h"
#include "broker/session.h"
#include "broker/session_history.h"
#include "config/config.h"
#include "domain/received_report.h"
#include "ingest/outbox_publisher.h"
#include "store/store.h"

namespace iotcard {

class BrokerLink : public Publisher {
 public:
  struct Ports {
    std::function<std::unique_ptr<Store>()> open_store;  // on the main thread
    std::function<void(ReceivedReport)> report;          // returns when the report is safe
    std::function<void(std::size_t room)> connected;     // see OutboxPublisher::connected()
    std::function<void()> disconnected;
    std::function<void(std::int64_t sequence, Delivery delivery, const std::string& reason)>
        published;
  };

  BrokerLink(const Config& config, std::string offline_status, const Clock& clock, Ports ports);
  ~BrokerLink() override;  // stop()

  // Ends the session, if there is one, and begins another. set_status() comes first.
  void connect(const Config& config);
  void stop();
  // The process ends without stop().
  void abandon() { guard_.disconnected(); }

  bool publish(std::int64_t sequence, const std::string& topic,
               const std::string& payload) override;
  bool connected() const;
  // Connected with the subscriptions to reports.
  bool receiving() const { return receiving_; }
  std::string state() const;  // of the connection, for a person

  void set_status(const std::string& json);
  // While `reason` is not empty the broker keeps the reports: it hears nothing from us that it
  // would have to take for an acknowledgement.
  void hold_while(const std::string& reason);
  // Once a second.
  void tick();
  // Why no report is received although the broker can be reached; "" if all is well.
  std::string blocked() const;
  // What is wrong although reports come: see SessionHistory. Any thread, as counts().
  std::vector<std::string> warnings() const { return history_.warnings(clock_.now()); }
  SessionHistory::Counts counts() const { return history_.counts(); }

 private:
  std::shared_ptr<Session> session() const;
  std::shared_ptr<Session> make_session();
  SessionHandlers handlers();
  SessionOptions options() const;
  std::vector<std::string> obsolete_filters(const SessionOptions& options) const;
  void begin_session();
  void leave();
  void end_session();
  void set_state(std::string state);
  void status_received(const Message& message);
  void log_limits(const std::vector<LimitNotice>& notices);

  Config config_;
  const std::string offline_status_;
  const Clock& clock_;
  const Ports ports_;
  DeliveryGuard guard_;
  SessionHistory history_;
  std::string status_;
  std::atomic<bool> holding_{false};
  std::atomic<bool> status_overwritten_{false};  // it is published again by tick()
  bool without_reports_ = false;                 // the session has no subscriptions
  std::atomic<bool> receiving_{false};
  std::set<std::string> logged_limits_;  // used by the session's thread
  std::chrono::steady_clock::time_point retry_at_{};

  mutable std::mutex mutex_;
  std::shared_ptr<Session> session_;  // guarded by mutex_
  std::string state_;                 // guarded by mutex_
};

}  // namespace iotcard
