// SPDX-License-Identifier: Apache-2.0
#include "api/store_pool.h"

#include <chrono>
#include <utility>

#include "api/response.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds patience{20};

}  // namespace

std::shared_ptr<StorePool::Lease> StorePool::lease() {
  std::unique_ptr<Store> store;
  {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, patience, [&] { return free_ > 0; })) {
      throw ApiError{
          503, "the store is busy with other requests; try again", {{"Retry-After", "5"}}};
    }
    --free_;
    if (!idle_.empty()) {
      store = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  // The place is given back if opening fails.
  auto lease = std::make_shared<Lease>(*this, std::move(store));
  if (!lease->store_) lease->store_ = open_();
  return lease;
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
