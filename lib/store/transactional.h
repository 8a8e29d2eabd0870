// SPDX-License-Identifier: Apache-2.0
// transactional.h - StoreError, and transactions of a store: the base of every port that writes. A
// write outside of a transaction is a transaction of its own. One thread at a time; throws
// StoreError.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace iotcard {

// What every function of the ports throws when its environment fails: a disk, a lock, a file of
// another program. Not for bad input, nor for what is not there. The message says what was tried on
// which store, and what to do.
class StoreError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    unavailable,   // disk full, locked, I/O: trying again may help
    newer_schema,  // written by a newer program
    not_a_store,   // no database, or one of something else
    conflict,      // a rule of the schema was about to be broken, such as a second open binding
  };
  StoreError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

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
