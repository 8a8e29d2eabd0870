// SPDX-License-Identifier: Apache-2.0
// binding_store.h - BindingStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/binding_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

class SqliteBindingStore : public virtual BindingStore {
 public:
  explicit SqliteBindingStore(Connection& connection) : connection_(connection) {}

  std::optional<Binding> binding_of(const DeviceKey& device) override;
  std::vector<Binding> binding_history(const DeviceKey& device, int limit) override;
  std::vector<Binding> binding_history(const Iccid& iccid, int limit) override;
  std::optional<Mismatch> find_mismatch(std::int64_t id) override;
  std::vector<Mismatch> mismatches_about(const Iccid& iccid) override;
  std::vector<Mismatch> unknown_cards_now_known(std::int64_t after_id, int limit) override;

 private:
  Connection& connection_;
};

}  // namespace iotcard::sqlite
