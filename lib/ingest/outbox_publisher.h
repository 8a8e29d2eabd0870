// SPDX-License-Identifier: Apache-2.0
// outbox_publisher.h - Sends the events of the outbox to the broker in commit order, a bounded
// number in flight, and knows up to which event the broker has acknowledged them. Writes nothing to
// the outbox: the applier records that they are published, in its transactions. After a lost
// connection it begins again behind the last acknowledged event, so an event may be published twice
// and is never skipped. An event that the broker will not take (see EventSuspect) is moved to the
// quarantine of the store; the payload that an event quotes is shortened first if that makes it
// fit.
// Threads: "publisher" (its own) reads its own store connection and sends; the public functions may
// be called from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/delivery.h"
#include "base/time.h"
#include "ingest/event_suspect.h"
#include "store/queue_store.h"

namespace iotcard {

// The port to the broker.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // Sends one message at QoS 1; OutboxPublisher::published(sequence, …) is called with the result,
  // maybe before this returns. False: not connected, and published() is not called.
  virtual bool publish(std::int64_t sequence, const std::string& topic,
                       const std::string& payload) = 0;
};

// Messages, since the start.
struct OutboxCounts {
  std::uint64_t published = 0;  // acknowledged by the broker, repeated ones included
  std::uint64_t refused = 0;    // by the broker; each is sent again
  std::uint64_t quarantined = 0;
};

class OutboxPublisher {
 public:
  static constexpr std::size_t window = 32;  // in flight; the library searches its list of them
  // Sending continues when so few are left, not at each acknowledgement: so several messages are
  // sent for one change of threads, and the library's own sender finds them together.
  static constexpr std::size_t low_water = window / 2;

  OutboxPublisher(OutboxStore& store, Publisher& publisher, const Clock& clock,
                  std::string client_id, std::string prefix);
  ~OutboxPublisher();  // stop()

  // The listener is called for each acknowledged event, once and in order, with the publisher's
  // lock: it must be quick and call no function of this object. To be set before start().
  using Acknowledged = std::function<void(const OutboxRow&)>;
  void set_listener(Acknowledged listener) { listener_ = std::move(listener); }

  void start();
  void stop();

  static constexpr std::size_t any_size = std::numeric_limits<std::size_t>::max();
  // `room`: bytes that topic and payload of one message may have.
  void connected(std::size_t room = any_size);
  void disconnected();
  void notify();  // the outbox has grown
  // The result of a message. A refused one is sent again after a few seconds.
  void published(std::int64_t sequence, Delivery delivery, const std::string& reason);
  void set_prefix(std::string prefix);

  std::int64_t acknowledged() const;  // all up to this sequence
  bool publishing() const;            // connected and not held
  std::string held() const;  // why nothing is published although connected; "" if all is well
  OutboxCounts counts() const;
  // No event is in flight, and the outbox was empty when it was last read.
  bool idle() const;

 private:
  struct InFlight {
    OutboxRow row;  // without topic and payload if there is no listener
    bool acknowledged;
    std::chrono::steady_clock::time_point sent_at;
  };
  // An event that is to be moved to the quarantine.
  struct Culprit {
    enum class Cause : std::uint8_t { too_large, refused, ends_connection };
    std::int64_t sequence;
    Cause cause;
    std::string reason;
  };

  void run();
  void read_more(std::unique_lock<std::mutex>& lock);
  void send_next(std::unique_lock<std::mutex>& lock);
  void begin_again();
  std::size_t most_in_flight() const;
  void acknowledge(InFlight& message);
  void refuse(std::int64_t sequence, Delivery delivery, const std::string& reason);
  void quarantine(std::unique_lock<std::mutex>& lock);
  void log_quarantine(const Culprit& culprit);
  bool may_continue() const;
  void wake_if_due(std::unique_lock<std::mutex>& lock);

  OutboxStore& store_;
  Publisher& publisher_;
  const Clock& clock_;
  const std::string client_id_;
  Acknowledged listener_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  struct State {  // guarded by mutex_
    std::string prefix;
    std::vector<OutboxRow> rows;  // read and to be sent, from `next` on
    std::size_t next = 0;
    std::deque<InFlight> in_flight;  // ascending
    std::int64_t read_up_to = 0;
    std::int64_t acknowledged = 0;
    OutboxCounts counts;
    bool connected = false;
    std::uint64_t connections = 0;
    bool stopping = false;
    bool more = true;           // the outbox may have grown since it was read
    std::uint64_t attempt = 0;  // grows when sending begins again
    std::chrono::steady_clock::time_point not_before{};
    std::string held;
    bool read_failed = false;  // this is why events are held
    bool waits = false;        // the thread waits, and was not woken yet
    std::size_t room = any_size;
    EventSuspect suspect{window};
    std::optional<Culprit> culprit;  // nothing is sent before it is moved
  } state_;
  std::set<Culprit::Cause> logged_causes_;  // used by the thread
  std::thread thread_;
};

}  // namespace iotcard
