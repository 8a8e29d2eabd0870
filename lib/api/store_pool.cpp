// SPDX-License-Identifier: Apache-2.0
#include "api/store_pool.h"

#include <chrono>
#include <utility>

#include "api/response.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds acquire_timeout{20};
// A connection keeps each statement that it has prepared, and clients choose those of lists: so
// now and then a connection is replaced.
constexpr std::uint64_t replace_after = 500;  // uses of the pool

}  // namespace

PooledStore::~PooledStore() {
  pool_.give_back(std::move(store_));
}

std::shared_ptr<PooledStore> StorePool::acquire() {
  std::unique_ptr<Store> store;
  {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, acquire_timeout,
                           [&] { return state_.free > 0 || state_.closed; })) {
      throw ApiError{
          503, "the store is busy with other requests; try again", {{"Retry-After", "5"}}};
    }
    if (state_.closed) throw ApiError{503, {ErrorKey::stopping}, "the daemon is stopping"};
    --state_.free;
    if (!state_.idle.empty()) {
      store = std::move(state_.idle.back());
      state_.idle.pop_back();
    }
    if (++state_.acquired % replace_after == 0) store.reset();
  }
  // Whatever throws here, its destructor gives the place back.
  auto pooled = std::make_shared<PooledStore>(*this, std::move(store));
  try {
    if (pooled->store_) {
      check_in_place(*pooled->store_);
    } else {
      pooled->store_ = open_();
    }
  } catch (...) {
    pooled->discard();
    throw;
  }
  return pooled;
}

void StorePool::with_store(const std::function<void(Store&)>& work) {
  const auto pooled = acquire();
  try {
    work(pooled->store());
  } catch (const StoreError& error) {
    if (error.kind() != StoreError::Kind::conflict) pooled->discard();
    throw;
  }
}

void StorePool::close() {
  const std::lock_guard lock{mutex_};
  state_.closed = true;
  changed_.notify_all();
}

void StorePool::give_back(std::unique_ptr<Store> store) {
  const std::lock_guard lock{mutex_};
  ++state_.free;
  if (store) state_.idle.push_back(std::move(store));
  changed_.notify_one();
}

}  // namespace iotcard
