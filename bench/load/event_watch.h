// SPDX-License-Identifier: Apache-2.0
// event_watch.h - Counts the events that somebody publishes, and notes when each was seen. It
// subscribes at QoS 0: an event that it sees was taken by the broker, which acknowledges it then.
// Threads: its own reads; the functions may be called from any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "load/generator.h"
#include "load/socket.h"

namespace iotcard {

class EventWatch {
 public:
  EventWatch(std::uint16_t port, const std::string& filter);
  ~EventWatch();

  std::int64_t count() const { return count_; }  // since the start
  // Until there were so many; when the last of them was seen. Throws once none has come for so
  // long.
  SteadyClock::time_point wait_for(std::int64_t count, std::chrono::milliseconds longest);

  // From now on the first event of each of these devices is timed.
  void time_devices(std::int64_t first, std::int64_t count);
  // When each was seen; the epoch for one that never was.
  std::vector<SteadyClock::time_point> times() const;

 private:
  void read();
  void take(std::string& stream, SteadyClock::time_point now);
  void note(std::string_view topic, SteadyClock::time_point now);

  BrokerSocket socket_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> count_{0};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  SteadyClock::time_point last_{};  // guarded by mutex_, as all that follows
  bool lost_ = false;
  std::int64_t first_timed_ = 0;
  std::vector<SteadyClock::time_point> times_;
  std::thread thread_;
};

}  // namespace iotcard
