// SPDX-License-Identifier: Apache-2.0
// store_pool.h - The API's own connections to the store: a few to read with, opened when they are
// first needed, and one to change with, used by one caller at a time. One that failed is closed and
// opened anew. Any thread. A lease is its thread's, and must not outlive the pool.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

class StorePool {
 public:
  using Open = std::function<std::unique_ptr<Store>()>;

  // At most `size` connections.
  StorePool(Open open, int size) : open_(std::move(open)), free_(size) {}

  class Lease {
   public:
    Lease(StorePool& pool, std::unique_ptr<Store> store) : pool_(pool), store_(std::move(store)) {}
    ~Lease() { pool_.give_back(std::move(store_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Store& store() { return *store_; }
    void drop() { store_.reset(); }  // it failed

   private:
    friend class StorePool;
    StorePool& pool_;
    std::unique_ptr<Store> store_;
  };

  // Throws StoreError, and ApiError 503 if none becomes free in time, or the pool is closed.
  std::shared_ptr<Lease> lease();
  bool all_leased();
  void close();  // for good; what is leased stays so

 private:
  void give_back(std::unique_ptr<Store> store);

  const Open open_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Store>> idle_;  // guarded by mutex_, as all that follows
  int free_;                                  // how many more may be leased
  bool closed_ = false;
  std::uint64_t leases_ = 0;
};

}  // namespace iotcard
