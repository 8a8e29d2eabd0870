// SPDX-License-Identifier: Apache-2.0
#include "api/store_pool.h"

#include <chrono>
#include <utility>

#include "api/response.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds patience{20};
constexpr std::uint64_t most_leases = 500;  // between two new connections

}  // namespace

std::shared_ptr<StorePool::Lease> StorePool::lease() {
  std::unique_ptr<Store> store;
  {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, patience, [&] { return free_ > 0 || closed_; })) {
      throw ApiError{
          503, "the store is busy with other requests; try again", {{"Retry-After", "5"}}};
    }
    if (closed_) throw ApiError{503, "the daemon ends"};
    --free_;
    if (!idle_.empty()) {
      store = std::move(idle_.back());
      idle_.pop_back();
    }
    // A connection keeps each statement that it has ever prepared, and callers choose them.
    if (++leases_ % most_leases == 0) store.reset();
  }
  // The place is given back if opening fails.
  auto lease = std::make_shared<Lease>(*this, std::move(store));
  if (!lease->store_) lease->store_ = open_();
  return lease;
}

bool StorePool::all_leased() {
  const std::lock_guard lock{mutex_};
  return free_ == 0;
}

void StorePool::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  changed_.notify_all();
}

void StorePool::give_back(std::unique_ptr<Store> store) {
  {
    const std::lock_guard lock{mutex_};
    ++free_;
    if (store) idle_.push_back(std::move(store));
  }
  changed_.notify_one();
}

}  // namespace iotcard
