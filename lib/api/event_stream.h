// SPDX-License-Identifier: Apache-2.0
// event_stream.h - Those who follow the events by Server-Sent Events, a bounded number of them:
// each reads the ring at its own pace, and who falls out of it is dropped, to come back and be told
// of the gap. Never waited for by who publishes. Any thread; follow() is its caller's for as long
// as the stream lasts. Source: the HTML standard, 9.2 (server-sent events).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/event_ring.h"
#include "api/response.h"

namespace iotcard {

class EventStreams {
 public:
  explicit EventStreams(std::string store_id, int most)
      : store_id_(std::move(store_id)), most_(most) {}

  EventRing& ring() { return ring_; }

  // What writes the stream, for a client that has seen all up to `last_id` ("" for one that begins
  // now). Holds a place until it is gone; throws ApiError 503 if there is none, or at the end.
  std::function<void(const WriteBytes&)> stream(const std::string& last_id);
  int open() const { return open_; }

 private:
  void follow(const std::string& last_id, const WriteBytes& write) const;

  const std::string store_id_;
  const int most_;
  std::atomic<int> open_{0};
  EventRing ring_;
};

// One event as it is sent; `id` is "" for one that a client shall not resume at.
std::string sse_text(std::string_view id, std::string_view type, std::string_view data);

}  // namespace iotcard
