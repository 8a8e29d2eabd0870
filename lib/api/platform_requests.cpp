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
  readers_.with_store([&](Store& store) { now = require_card(store, request->iccid); });
  return {*std::move(request), *std::move(now)};
}

void PlatformRequests::wait_until_done(PlatformRequest& request, std::uint64_t seen) {
  using std::chrono::steady_clock;
  const steady_clock::time_point deadline = steady_clock::now() + options_.timeout;
  const std::shared_ptr<void> place{nullptr, [this](void*) { --waiting_; }};
  if (++waiting_ > options_.waiting) return;
  while (!request.done_at && steady_clock::now() < deadline) {
    {
      std::unique_lock lock{mutex_};
      const auto until = std::min(deadline, steady_clock::now() + options_.check_interval);
      changed_.wait_until(lock, until, [&] { return state_.finished != seen || state_.stopped; });
      if (state_.stopped) return;
      seen = state_.finished;
    }
    std::optional<PlatformRequest> found;
    readers_.with_store([&](Store& store) { found = store.find_platform_request(request.id); });
    if (!found) return;  // deleted with its card, or the card has moved to another platform
    request = *std::move(found);
  }
}

void PlatformRequests::finished() {
  const std::lock_guard lock{mutex_};
  ++state_.finished;
  changed_.notify_all();
}

void PlatformRequests::stop() {
  const std::lock_guard lock{mutex_};
  state_.stopped = true;
  changed_.notify_all();
}

}  // namespace iotcard
