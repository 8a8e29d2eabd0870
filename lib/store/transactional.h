// SPDX-License-Identifier: Apache-2.0
// transactional.h - Transactions of a store: the base of every port that writes. A write outside
// of a transaction is a transaction of its own. One thread at a time; throws StoreError.
#pragma once

#include <chrono>

#include "store/store_error.h"

namespace iotcard {

class Transactional {
 public:
  virtual ~Transactional() = default;

  virtual void begin() = 0;  // takes the write lock
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;
  // Call it when nothing waits: does upkeep that would otherwise delay a commit.
  virtual void checkpoint_if_idle() = 0;
  // How long a call waits while another connection locks the store; a few seconds unless this is
  // called. Then it throws StoreError (unavailable).
  virtual void set_lock_timeout(std::chrono::milliseconds timeout) = 0;
};

// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Transactional& store) : store_(store) { store_.begin(); }
  ~Transaction() {
    if (!done_) store_.rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    store_.commit();
    done_ = true;
  }

 private:
  Transactional& store_;
  bool done_ = false;
};

}  // namespace iotcard
