// SPDX-License-Identifier: Apache-2.0
// card_store.h - CardStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/card_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

class SqliteCardStore : public virtual CardStore {
 public:
  explicit SqliteCardStore(Connection& connection) : connection_(connection) {}

  std::optional<StoredCard> find_card(const Iccid& iccid) override;
  std::vector<StoredCard> matching_cards(const Iccid& iccid) override;
  bool add_card(const Card& card, AbnormalReasons announced) override;
  bool update_card(const Card& card) override;
  bool remove_card(const Iccid& iccid) override;
  void set_refreshed_at(const Iccid& iccid, Instant at) override;
  void set_asked_at(const Iccid& iccid, Instant as_of) override;
  void save_usage(const Iccid& iccid, const UsageSample& sample,
                  const std::string& oldest) override;
  std::vector<UsageSample> usage_samples(const Iccid& iccid, int limit) override;

 private:
  Connection& connection_;
};

}  // namespace iotcard::sqlite
