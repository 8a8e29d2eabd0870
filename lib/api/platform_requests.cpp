// SPDX-License-Identifier: Apache-2.0
#include "api/platform_requests.h"

#include <algorithm>
#include <utility>

#include "operations/platform_operations.h"

namespace iotcard {

PlatformRequests::PlatformRequests(StorePool& readers, StorePool& writer,
                                   std::function<void()> notify, Options options)
    : readers_(readers), writer_(writer), notify_(std::move(notify)), options_(options) {}

PlatformRequestResult PlatformRequests::request_and_wait(const Context& context, const Iccid& card,
                                                         PlatformRequestKind kind) {
  std::uint64_t seen = 0;
  {
    const std::lock_guard lock{mutex_};
    seen = state_.finished;
  }
  std::optional<PlatformRequest> request;
  writer_.with_store([&](Store& store) { request = request_platform(store, context, card, kind); });
  notify_();
  wait_until_done(*request, seen);
  std::optional<StoredCard> now;
  readers_.with_store([&](Store& store) { now = require_card(store, card); });
  return {*std::move(request), *std::move(now)};
}

void PlatformRequests::wait_until_done(PlatformRequest& request, std::uint64_t seen) {
  using std::chrono::steady_clock;
  const steady_clock::time_point deadline = steady_clock::now() + options_.timeout;
  std::unique_lock lock{mutex_};
  if (state_.waiting >= options_.waiting) return;
  struct Waiting {
    int& callers;
    explicit Waiting(int& count) : callers(count) { ++callers; }
    ~Waiting() { --callers; }  // with the mutex locked, also after an exception
  } const waiting{state_.waiting};
  while (!request.done_at && !state_.stopped && steady_clock::now() < deadline) {
    const auto until = std::min(deadline, steady_clock::now() + options_.check_interval);
    changed_.wait_until(lock, until, [&] { return state_.finished != seen || state_.stopped; });
    if (state_.stopped) return;
    seen = state_.finished;
    lock.unlock();
    std::optional<PlatformRequest> found;
    try {
      readers_.with_store([&](Store& store) { found = store.find_platform_request(request.id); });
    } catch (...) {
      lock.lock();
      throw;
    }
    lock.lock();
    if (!found) return;  // deleted with its card, or the card has moved to another platform
    request = *std::move(found);
  }
}

void PlatformRequests::finished() {
  {
    const std::lock_guard lock{mutex_};
    ++state_.finished;
  }
  changed_.notify_all();
}

void PlatformRequests::stop() {
  {
    const std::lock_guard lock{mutex_};
    state_.stopped = true;
  }
  changed_.notify_all();
}

}  // namespace iotcard
