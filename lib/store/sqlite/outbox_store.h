// SPDX-License-Identifier: Apache-2.0
// outbox_store.h - OutboxStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/outbox_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

class SqliteOutboxStore : public virtual OutboxStore {
 public:
  explicit SqliteOutboxStore(Connection& connection) : connection_(connection) {}

  std::vector<OutboxRow> read_outbox(const std::string& client_id, std::int64_t after_sequence,
                                     int limit) override;
  void remove_published(const std::string& client_id, std::int64_t up_to_sequence) override;
  std::int64_t count_outbox(const std::string& client_id) override;
  std::int64_t outbox_span(const std::string& client_id) override;

 private:
  std::string store_id_;  // read when it is first needed
  Connection& connection_;
};

}  // namespace iotcard::sqlite
