// SPDX-License-Identifier: Apache-2.0
// retention_store.h - RetentionStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/retention_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

class SqliteRetentionStore : public virtual RetentionStore {
 public:
  explicit SqliteRetentionStore(Connection& connection) : connection_(connection) {}

  Volume expired_volume(RetentionKind kind) override;
  ExpiredRows expired_rows(RetentionKind kind, const RetentionRange& range) override;
  void remove_expired(RetentionKind kind, std::int64_t id) override;
  void remove_device(const DeviceKey& device) override;

 private:
  Connection& connection_;
};

}  // namespace iotcard::sqlite
