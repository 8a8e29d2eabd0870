// SPDX-License-Identifier: Apache-2.0
// platform_store.h - PlatformStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/platform_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

class SqlitePlatformStore : public virtual PlatformStore {
 public:
  explicit SqlitePlatformStore(Connection& connection) : connection_(connection) {}

  std::vector<PlatformRow> platforms() override;
  void set_platforms(const std::vector<PlatformRow>& platforms) override;
  void save_platform_health(std::int64_t platform, const PlatformHealth& health) override;
  std::vector<Iccid> cards_to_ask(std::int64_t platform, Instant before, int limit) override;
  std::int64_t mark_stale(std::optional<std::int64_t> platform,
                          std::optional<Instant> refreshed_before) override;
  PlatformAge platform_age(std::int64_t platform) override;
  UnknownIccids unknown_to_ask(std::int64_t platform, Instant missed_before, std::int64_t after_id,
                               int span, int limit) override;
  void record_miss(std::int64_t platform, const Iccid& iccid, Instant at) override;
  std::int64_t forget_misses(Instant before, int limit) override;

 private:
  Connection& connection_;
};

}  // namespace iotcard::sqlite
