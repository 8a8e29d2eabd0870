// SPDX-License-Identifier: Apache-2.0
// report_store.h - ReportStore on SQLite. One thread at a time; throws StoreError.
#pragma once

#include "store/report_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

class SqliteReportStore : public virtual ReportStore {
 public:
  explicit SqliteReportStore(Connection& connection) : connection_(connection) {}

  void begin() override;
  void commit() override;
  void rollback() noexcept override;
  void checkpoint_if_idle() override;
  void set_lock_timeout(std::chrono::milliseconds timeout) override;
  std::optional<BoundCard> bound_card(const DeviceKey& device) override;
  std::vector<MatchedCard> matched_cards(const Iccid& iccid) override;
  std::vector<Iccid> find_cards_between(const IccidRange& range, int limit) override;
  std::optional<Instant> first_bound(const DeviceKey& device, const Iccid& iccid) override;
  std::vector<Mismatch> standing_mismatches(const DeviceKey& device) override;
  bool save_report(const DeviceKey& device, const LastReport& report) override;
  void add_rejected(const ReceivedReport& report, const Rejection& rejection) override;
  void write(const Write& write) override;
  void append_event(const std::string& client_id, std::string_view topic,
                    std::string_view payload) override;

 private:
  // Each kind of Write.
  void write(const CreateBinding& create);
  void write(const ConfirmBinding& confirm);
  void write(const EndBinding& end);
  void write(const RaiseMismatch& raise);
  void write(const RepeatMismatch& repeat);
  void write(const EndMismatch& end);
  void write(const SetAbnormal& set);
  std::int64_t read_last_sequence();

  Connection& connection_;
  // Of the outbox; set within a transaction that appends to it, and written by commit().
  std::optional<std::int64_t> last_sequence_;
};

}  // namespace iotcard::sqlite
