// SPDX-License-Identifier: Apache-2.0
// deferred_store.h - DeferredStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/deferred_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

class SqliteDeferredStore : public virtual DeferredStore {
 public:
  explicit SqliteDeferredStore(Connection& connection) : connection_(connection) {}

  void defer_report(const std::string& client_id, const ReceivedReport& report) override;
  std::vector<DeferredReport> deferred_reports(const std::string& client_id, int limit) override;
  void remove_deferred(const std::string& client_id, std::int64_t up_to_sequence) override;
  std::vector<DeferredTopic> deferred_topics(const std::string& client_id) override;
  std::int64_t count_deferred(const std::string& client_id) override;

 private:
  Connection& connection_;
};

}  // namespace iotcard::sqlite
