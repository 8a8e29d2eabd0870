// SPDX-License-Identifier: Apache-2.0
// list_store.h - ListStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/list_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

class SqliteListStore : public virtual ListStore {
 public:
  explicit SqliteListStore(Connection& connection) : connection_(connection) {}

  StorePage<StoredCard> list_cards(const CardFilter& filter, const std::string& after,
                                   int limit) override;
  std::int64_t count_cards(const CardFilter& filter) override;
  std::int64_t scan_cards(const CardFilter& filter, std::int64_t stride, std::int64_t before,
                          const TakeCursor& take) override;
  std::vector<std::pair<std::string, std::int64_t>> count_cards_by(CardGroup group) override;
  std::optional<DeviceRow> find_device(const DeviceKey& device) override;
  StorePage<DeviceRow> list_devices(const DeviceFilter& filter, const std::string& after,
                                    int limit) override;
  std::int64_t count_devices() override;
  std::int64_t scan_devices(const DeviceFilter& filter, std::int64_t stride,
                            const TakeCursor& take) override;
  std::int64_t count_open_bindings() override;
  StorePage<Mismatch> list_mismatches(const MismatchFilter& filter, const std::string& after,
                                      int limit) override;
  std::int64_t scan_mismatches(const MismatchFilter& filter, std::int64_t stride,
                               const TakeCursor& take) override;
  std::int64_t count_open_mismatches() override;
  std::optional<RejectedReport> find_rejected(std::int64_t id) override;
  StorePage<RejectedReport> list_rejected(const RejectedFilter& filter, const std::string& after,
                                          int limit) override;
  std::int64_t scan_rejected(const RejectedFilter& filter, std::int64_t stride,
                             const TakeCursor& take) override;
  std::int64_t count_rejected() override;

 private:
  Connection& connection_;
};

}  // namespace iotcard::sqlite
