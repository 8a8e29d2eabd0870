// SPDX-License-Identifier: Apache-2.0
// import_store.h - ImportStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/import_store.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/import_locks.h"

namespace iotcard::sqlite {

class SqliteImportStore : public virtual ImportStore {
 public:
  explicit SqliteImportStore(Connection& connection)
      : connection_(connection), locks_(connection.file()) {}

  std::int64_t add_import(const std::string& options) override;
  std::vector<CardImport> imports() override;
  std::optional<CardImport> claim_import(std::int64_t id) override;
  void release_import(std::int64_t id) noexcept override;
  bool complete_import(std::int64_t id) override;
  void remove_import(std::int64_t id) override;
  void check_room(std::int64_t import) override;
  std::optional<StagedCard> stage_card(std::int64_t import, const StagedCard& card) override;
  std::vector<StagedCard> staged_cards(std::int64_t import, int limit) override;
  void remove_staged(std::int64_t import, std::int64_t up_to_line) override;

 private:
  Connection& connection_;
  ImportLocks locks_;
};

}  // namespace iotcard::sqlite
