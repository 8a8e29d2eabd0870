// SPDX-License-Identifier: Apache-2.0
// replay_store.h - ReplayStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/replay_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

class SqliteReplayStore : public virtual ReplayStore {
 public:
  explicit SqliteReplayStore(Connection& connection) : connection_(connection) {}

  std::vector<RejectedReport> list_rejected_after(std::int64_t after_id, int limit) override;
  bool remove_rejected(std::int64_t id) override;
  void revise_report(const DeviceKey& device, const LastReport& report) override;
  std::unique_ptr<Store> scratch_copy() override;

 private:
  Connection& connection_;
};

}  // namespace iotcard::sqlite
