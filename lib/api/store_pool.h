// SPDX-License-Identifier: Apache-2.0
// store_pool.h - A bounded number of connections of the API to the store. Each is opened when first
// needed and used by one caller at a time. A connection that failed is closed, and another one is
// opened in its place. Any thread. A PooledStore is for one thread and must not outlive the pool.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

class StorePool;

// One connection of a pool; the destructor returns it to the pool.
class PooledStore {
 public:
  PooledStore(StorePool& pool, std::unique_ptr<Store> store)
      : pool_(pool), store_(std::move(store)) {}
  ~PooledStore();
  Store& store() { return *store_; }
  void discard() { store_.reset(); }  // the connection failed: do not return it

 private:
  friend class StorePool;
  StorePool& pool_;
  std::unique_ptr<Store> store_;
};

class StorePool {
 public:
  using Open = std::function<std::unique_ptr<Store>()>;

  // At most `size` connections.
  StorePool(Open open, int size) : open_(std::move(open)), state_{.idle = {}, .free = size} {}

  // Waits for a free connection. Throws StoreError, also if the store's file was deleted or
  // replaced, and ApiError 503 after 20 s or once the pool is closed.
  std::shared_ptr<PooledStore> acquire();
  // Acquires a connection for as long as `work` runs; discards a connection that fails.
  void with_store(const std::function<void(Store&)>& work);
  void close();  // for good; connections in use stay open

 private:
  friend class PooledStore;
  void give_back(std::unique_ptr<Store> store);

  // Guarded by mutex_.
  struct State {
    std::vector<std::unique_ptr<Store>> idle;
    int free;  // connections that may still be acquired
    bool closed = false;
    std::uint64_t acquired = 0;
  };
  const Open open_;
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_;
};

}  // namespace iotcard
