// SPDX-License-Identifier: Apache-2.0
// platform_request_store.h - PlatformRequestStore on SQLite. One thread at a time; throws
// StoreError.
#pragma once

#include "store/platform_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

class SqlitePlatformRequestStore : public virtual PlatformRequestStore {
 public:
  explicit SqlitePlatformRequestStore(Connection& connection) : connection_(connection) {}

  std::int64_t add_platform_request(const PlatformRequest& request) override;
  std::vector<PlatformRequest> take_platform_requests(std::int64_t platform, Instant now,
                                                      int limit) override;
  void give_back_platform_request(std::int64_t id) override;
  void finish_platform_request(std::int64_t id, Instant now, const std::string& failure,
                               const std::string& status) override;
  std::optional<PlatformRequest> find_platform_request(std::int64_t id) override;
  std::vector<PlatformRequest> platform_requests(const Iccid& iccid, int limit) override;
  int recover_platform_requests(std::int64_t platform, Instant before, Instant now) override;

 private:
  Connection& connection_;
};

}  // namespace iotcard::sqlite
