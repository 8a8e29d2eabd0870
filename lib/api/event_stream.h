// SPDX-License-Identifier: Apache-2.0
// event_stream.h - A bounded number of clients that follow the events as Server-Sent Events. Each
// reads the ring at its own pace; a client that is too slow is disconnected and told of the gap
// when it comes back. The publisher never waits for a client. Any thread; a stream occupies the
// thread that writes it. Source: the HTML standard, 9.2 (server-sent events).
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "api/event_ring.h"
#include "api/response.h"

namespace iotcard {

class EventStreams {
 public:
  explicit EventStreams(std::string store_id, int max_streams)
      : store_id_(std::move(store_id)), max_streams_(max_streams) {}

  EventRing& ring() { return ring_; }

  // A function that writes the stream, for a client that has seen all events up to `last_id` ("": a
  // new one). It counts as a stream until it is destroyed. Throws ApiError 503 if there are too
  // many streams or the daemon is stopping.
  std::function<void(const WriteBytes&)> stream(const std::string& last_id);
  int open() const { return open_; }

 private:
  void follow(const std::string& last_id, const WriteBytes& write) const;

  const std::string store_id_;
  const int max_streams_;
  std::atomic<int> open_{0};
  EventRing ring_;
};

// One event as it is sent. `id` "": a client cannot resume at it.
std::string sse_text(std::string_view id, std::string_view type, std::string_view data);

}  // namespace iotcard
