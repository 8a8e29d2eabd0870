// SPDX-License-Identifier: Apache-2.0
// outbox_publisher.h - The third station: sends the outbox to the broker in commit order, a bounded
// number in flight, and knows how far the broker has acknowledged. It removes nothing itself: the
// applier does, in its transactions. After a lost connection it begins again behind the last
// acknowledged event, so an event may be published twice and is never missed.
// Threads: "publisher" (its own) reads its own store connection and sends; the public functions
// may be called from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "store/store.h"

namespace iotcard {

// The port to the broker.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // Hands one message over at QoS 1; OutboxPublisher::published(sequence, …) follows, maybe before
  // this returns. False: not connected, and nothing follows.
  virtual bool publish(std::int64_t sequence, const std::string& topic,
                       const std::string& payload) = 0;
};

// Messages, since the start.
struct OutboxCounts {
  std::uint64_t published = 0;  // acknowledged by the broker, those sent again once more
  std::uint64_t refused = 0;    // by the broker; each is sent again
};

class OutboxPublisher {
 public:
  static constexpr std::size_t window = 32;  // in flight; the library walks its list of them
  // Sending goes on when so few are left, not with each acknowledgement: several messages then
  // leave for one change of threads, and the library's own sender finds them together.
  static constexpr std::size_t low_water = window / 2;

  OutboxPublisher(Store& store, Publisher& publisher, std::string client_id, std::string prefix);
  ~OutboxPublisher();  // stop()

  // Who hears of each event that the broker has acknowledged, once and in order; before start().
  // Called with the publisher's lock, so it must be quick and call nothing here.
  using Acknowledged = std::function<void(const OutboxRow&)>;
  void set_listener(Acknowledged listener) { listener_ = std::move(listener); }

  void start();
  void stop();

  void connected();
  void disconnected();
  void notify();  // the outbox has grown
  // What became of a message. One that was refused is sent again after a while.
  void published(std::int64_t sequence, bool ok, const std::string& reason);
  void set_prefix(std::string prefix);

  std::int64_t acknowledged() const;  // all up to this sequence
  bool publishing() const;            // connected, and nothing holds the events
  std::string held() const;  // why nothing is published although connected; "" if all is well
  OutboxCounts counts() const;
  // Nothing is in flight, and nothing was left when the outbox was last read.
  bool idle() const;

 private:
  struct InFlight {
    OutboxRow row;  // without topic and payload where nobody listens
    bool acknowledged;
  };

  void run();
  void read_more(std::unique_lock<std::mutex>& lock);
  void send_next(std::unique_lock<std::mutex>& lock);
  void begin_again();
  bool may_go_on() const;
  void wake_if_due(std::unique_lock<std::mutex>& lock);

  Store& store_;
  Publisher& publisher_;
  const std::string client_id_;
  Acknowledged listener_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string prefix_;           // guarded by mutex_, as all that follows
  std::vector<OutboxRow> read_;  // rows to send, from next_ on
  std::size_t next_ = 0;
  std::deque<InFlight> in_flight_;  // ascending
  std::int64_t read_up_to_ = 0;
  std::int64_t acknowledged_ = 0;
  OutboxCounts counts_;
  bool connected_ = false;
  std::uint64_t connections_ = 0;
  bool stopping_ = false;
  bool more_ = true;           // the outbox may have grown since it was read
  std::uint64_t attempt_ = 0;  // grows when sending begins again
  std::chrono::steady_clock::time_point not_before_{};
  std::string held_;
  bool waits_ = false;  // the thread does, and nobody has woken it since
  std::thread thread_;
};

}  // namespace iotcard
