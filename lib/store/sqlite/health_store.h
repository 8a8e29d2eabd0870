// SPDX-License-Identifier: Apache-2.0
// health_store.h - HealthStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/health_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

class SqliteHealthStore : public virtual HealthStore {
 public:
  explicit SqliteHealthStore(Connection& connection) : connection_(connection) {}

  std::string id() override;
  int schema_version() override;
  std::int64_t data_version() override;
  bool outdated() override;
  std::optional<std::string> moved() override;
  std::vector<std::string> find_damage(bool thorough) override;
  std::optional<Instant> newest_report() override;
  std::vector<TableSize> growing_tables() override;

 private:
  Connection& connection_;
};

}  // namespace iotcard::sqlite
