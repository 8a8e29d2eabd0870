// SPDX-License-Identifier: Apache-2.0
#include "operations/paced_transactions.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace iotcard {
namespace {

using std::chrono::milliseconds;

// How long a transaction may take: while others write, while they may, and while no other process
// uses the store. A longer one writes fewer pages: rows of a list are at random places of most
// indexes.
constexpr milliseconds shared_time{3};
constexpr milliseconds idle_time{50};
constexpr milliseconds sole_time{2000};
// Whoever waits for the write lock looks once a millisecond whether it is free.
constexpr std::chrono::steady_clock::duration shortest_pause = milliseconds{2};

}  // namespace

PacedTransactions::PacedTransactions(Store& store, Options options)
    : store_(store),
      scratch_(options.scratch),
      sole_user_(options.sole_user || options.scratch),
      time_(shared_time) {
  if (sole_user_) look_for_others();
}

void PacedTransactions::operator()(const std::function<void()>& action) {
  const auto began = std::chrono::steady_clock::now();
  check_in_place(store_);
  Transaction transaction{store_};
  action();
  transaction.commit();
  if (scratch_) return;
  const std::int64_t version = store_.data_version();
  const bool others = version != std::exchange(version_, version);
  if (others) store_.checkpoint_if_idle();  // so that they need not do it
  time_ = others ? shared_time : std::min(2 * time_, idle_time);
  if (!others && sole_user_) look_for_others();
  const std::chrono::steady_clock::duration took = std::chrono::steady_clock::now() - began;
  std::this_thread::sleep_for(others ? took : shortest_pause);
}

void PacedTransactions::look_for_others() {
  if (!scratch_ && store_.used_by_others()) return;
  if (!std::exchange(bulk_, true)) store_.use_bulk_memory();
  time_ = sole_time;
}

}  // namespace iotcard
