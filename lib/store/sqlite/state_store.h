// SPDX-License-Identifier: Apache-2.0
// state_store.h - StateStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/sqlite/connection.h"
#include "store/state_store.h"

namespace iotcard::sqlite {

class SqliteStateStore : public virtual StateStore {
 public:
  explicit SqliteStateStore(Connection& connection) : connection_(connection) {}

  JournalPosition journal_position(const std::string& client_id) override;
  void set_journal_position(const std::string& client_id, JournalPosition position) override;
  std::string intake_dir(const std::string& client_id) override;
  void set_intake_dir(const std::string& client_id, const std::string& dir) override;
  std::vector<std::string> clients() override;
  std::vector<std::string> known_filters(const std::string& client_id) override;
  void set_known_filters(const std::string& client_id,
                         const std::vector<std::string>& filters) override;
  std::string duty_state(Duty duty) override;
  void set_duty_state(Duty duty, const std::string& state) override;

 private:
  Connection& connection_;
};

}  // namespace iotcard::sqlite
