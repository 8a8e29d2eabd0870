// SPDX-License-Identifier: Apache-2.0
// paced_transactions.h - Small transactions of long work, such as an import or a change of many
// cards. If others write too, each transaction is short and followed by a pause as long as it took,
// so that the reports of a running daemon need not wait. On the store's thread; throws StoreError
// and what an action throws.
#pragma once

#include <chrono>
#include <functional>

#include "store/store.h"

namespace iotcard {

class PacedTransactions {
 public:
  struct Options {
    bool scratch = false;  // nobody else can use the store
    // This process uses the store by this object only: unless another process uses it, transactions
    // may be long.
    bool sole_user = false;
  };
  PacedTransactions(Store& store, Options options);

  void operator()(const std::function<void()>& action);

  // How long the next transaction should take.
  std::chrono::milliseconds time() const { return time_; }

 private:
  void look_for_others();

  Store& store_;
  const bool scratch_;
  const bool sole_user_;
  bool bulk_ = false;
  std::chrono::milliseconds time_;
  std::int64_t version_ = -1;
};

}  // namespace iotcard
