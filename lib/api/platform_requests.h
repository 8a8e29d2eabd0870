// SPDX-License-Identifier: Apache-2.0
// platform_requests.h - Puts an operator's request for a card platform into the store and waits
// until it is done. Holds a connection to the store only while it reads or writes. It does not ask
// a platform: the daemon's platform threads, or another program's, do that. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

#include "api/store_pool.h"

namespace iotcard {

// What came of a request, and the card as it is now.
struct PlatformRequestResult {
  PlatformRequest request;  // without `done_at`: it is not done yet
  StoredCard card;
};

class PlatformRequests {
 public:
  struct Options {
    std::chrono::milliseconds timeout{30'000};
    // A program other than this one may ask the platform and cannot call finished().
    std::chrono::milliseconds check_interval{1'000};
    int waiting = 16;  // callers at once; further ones get their request back at once
  };
  // `notify` is called after a request was stored.
  PlatformRequests(StorePool& readers, StorePool& writer, std::function<void()> notify,
                   Options options);

  // Throws OperationError, StoreError and ApiError.
  PlatformRequestResult request_and_wait(const Context& context, const Iccid& card,
                                         PlatformRequestKind kind);
  // A platform thread of this program has finished a request.
  void finished();
  void stop();  // ends all waiting, for good

 private:
  void wait_until_done(PlatformRequest& request, std::uint64_t seen);

  StorePool& readers_;
  StorePool& writer_;
  const std::function<void()> notify_;
  const Options options_;

  std::atomic<int> waiting_{0};  // callers
  // Guarded by mutex_.
  struct State {
    std::uint64_t finished = 0;  // requests
    bool stopped = false;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_;
};

}  // namespace iotcard
