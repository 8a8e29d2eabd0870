// SPDX-License-Identifier: Apache-2.0
// sqlite_store.h - The Store port on one SQLite file in WAL mode: readers do not wait for the
// writer, and a commit is on the disk when it returns. Each group of functions has a file of its
// own beside this one. One thread at a time; throws StoreError.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/store.h"

namespace iotcard::sqlite {

class SqliteStore : public Store {
 public:
  explicit SqliteStore(const std::string& path);
  SqliteStore(const std::string& path, ReadOnly);

  void begin() override;
  void commit() override;
  void rollback() noexcept override;
  void checkpoint_if_idle() override;
  void set_lock_timeout(std::chrono::milliseconds timeout) override {
    connection_.set_lock_timeout(timeout);
  }
  std::string id() override;
  int schema_version() override;
  std::int64_t data_version() override;

  // cards.cpp
  std::optional<StoredCard> find_card(const Iccid& iccid) override;
  std::optional<MatchedCard> find_matched_card(const Iccid& iccid) override;
  std::vector<StoredCard> find_similar_cards(const Iccid& iccid, int limit) override;
  std::vector<Iccid> find_cards_between(const IccidRange& range, int limit) override;
  using Store::add_card;
  bool add_card(const Card& card, AbnormalReasons raised) override;
  bool update_card(const Card& card) override;
  bool remove_card(const Iccid& iccid) override;
  void save_usage(const Iccid& iccid, const UsageSample& sample,
                  const std::string& oldest) override;
  std::vector<UsageSample> usage_samples(const Iccid& iccid, int limit) override;

  // card_lists.cpp
  std::vector<StoredCard> list_cards(const CardFilter& filter, const std::string& after,
                                     int limit) override;
  std::int64_t count_cards(const CardFilter& filter) override;
  std::int64_t scan_cards(const CardFilter& filter, std::int64_t stride, std::int64_t before,
                          const std::function<void(const std::string& place)>& take) override;
  std::vector<std::pair<std::string, std::int64_t>> count_cards_by(CardGroup group) override;

  // platforms.cpp
  std::vector<PlatformRow> platforms() override;
  void set_platforms(const std::vector<PlatformRow>& rows) override;
  void save_platform_health(std::int64_t platform, const PlatformHealth& health) override;
  std::vector<Iccid> cards_to_ask(std::int64_t platform, Instant before, int limit) override;
  void set_asked_at(const Iccid& iccid, Instant as_of) override;
  void set_refreshed_at(const Iccid& iccid, Instant at) override;
  std::int64_t mark_stale(std::optional<std::int64_t> platform,
                          std::optional<Instant> refreshed_before) override;
  PlatformAge platform_age(std::int64_t platform) override;
  UnknownIccids unknown_to_ask(std::int64_t platform, Instant missed_before, std::int64_t after_id,
                               int span, int limit) override;
  void record_miss(std::int64_t platform, const Iccid& iccid, Instant at) override;
  std::int64_t forget_misses(Instant before, int limit) override;

  // platform_requests.cpp
  std::int64_t add_platform_request(const PlatformRequest& request) override;
  std::vector<PlatformRequest> take_platform_requests(std::int64_t platform, Instant now,
                                                      int limit) override;
  void give_back_platform_request(std::int64_t id) override;
  void finish_platform_request(std::int64_t id, Instant now, const std::string& failure,
                               const std::string& status) override;
  std::optional<PlatformRequest> find_platform_request(std::int64_t id) override;
  std::vector<PlatformRequest> platform_requests(const Iccid& iccid, int limit) override;
  int recover_platform_requests(std::int64_t platform, Instant before, Instant now) override;

  // devices.cpp
  bool save_report(const DeviceKey& device, const LastReport& report) override;
  std::optional<DeviceRow> find_device(const DeviceKey& device) override;
  std::vector<DeviceRow> list_devices(const DeviceFilter& filter,
                                      const std::optional<DeviceKey>& after, int limit) override;
  std::int64_t count_devices() override;
  std::int64_t scan_devices(const DeviceFilter& filter, std::int64_t stride,
                            const std::function<void(const DeviceKey&)>& take) override;

  // bindings.cpp
  std::optional<Binding> binding_of(const DeviceKey& device) override;
  std::optional<BoundCard> bound_card(const DeviceKey& device) override;
  std::optional<Instant> first_bound(const DeviceKey& device, const Iccid& iccid) override;
  std::vector<Binding> binding_history(const DeviceKey& device, int limit) override;
  std::vector<Binding> binding_history(const Iccid& iccid, int limit) override;
  std::int64_t count_open_bindings() override;

  // mismatches.cpp
  std::vector<Mismatch> standing_mismatches(const DeviceKey& device) override;
  std::optional<Mismatch> find_mismatch(std::int64_t id) override;
  std::vector<Mismatch> list_mismatches(const MismatchFilter& filter, std::int64_t after_id,
                                        int limit) override;
  std::int64_t walk_mismatches(const MismatchFilter& filter, std::int64_t stride,
                               const std::function<void(std::int64_t id)>& take) override;
  std::int64_t count_open_mismatches() override;
  std::vector<Mismatch> unknown_cards_now_known(std::int64_t after_id, int limit) override;
  std::vector<Mismatch> mismatches_about(const Iccid& iccid) override;

  void write(const Write& write) override;

  // rejected.cpp
  void add_rejected(const RejectedReport& rejected) override;
  std::optional<RejectedReport> find_rejected(std::int64_t id) override;
  std::vector<RejectedReport> list_rejected(std::int64_t before_id, int limit,
                                            const RejectedFilter& filter) override;
  std::int64_t walk_rejected(const RejectedFilter& filter, std::int64_t stride,
                             const std::function<void(std::int64_t id)>& take) override;
  std::int64_t count_rejected() override;

  // past.cpp
  void remove_device(const DeviceKey& device) override;
  Volume past_volume(RetentionKind kind) override;
  ExpiredRows past_rows(RetentionKind kind, const RetentionRange& range) override;
  void remove_past(RetentionKind kind, std::int64_t id) override;

  // deferred.cpp
  void defer_report(const std::string& client_id, const DeferredReport& report) override;
  std::vector<DeferredReport> deferred_reports(const std::string& client_id, int limit) override;
  void remove_deferred(const std::string& client_id, std::int64_t up_to_sequence) override;
  std::vector<DeferredTopic> deferred_topics(const std::string& client_id) override;
  std::int64_t count_deferred(const std::string& client_id) override;

  // outbox.cpp
  void append_event(const std::string& client_id, const Event& event) override;
  std::vector<OutboxRow> read_outbox(const std::string& client_id, std::int64_t after_sequence,
                                     int limit) override;
  void remove_published(const std::string& client_id, std::int64_t up_to_sequence) override;
  std::int64_t count_outbox(const std::string& client_id) override;
  std::int64_t outbox_span(const std::string& client_id) override;
  JournalPosition journal_position(const std::string& client_id) override;
  void set_journal_position(const std::string& client_id, JournalPosition position) override;
  std::string intake_dir(const std::string& client_id) override;
  void set_intake_dir(const std::string& client_id, const std::string& dir) override;
  std::vector<std::string> clients() override;
  std::vector<std::string> known_filters(const std::string& client_id) override;
  void set_known_filters(const std::string& client_id,
                         const std::vector<std::string>& filters) override;
  std::string progress(const std::string& duty) override;
  void set_progress(const std::string& duty, const std::string& progress) override;

  // anew.cpp
  std::vector<RejectedReport> list_rejected_after(std::int64_t after_id, int limit) override;
  bool remove_rejected(std::int64_t id) override;
  void revise_report(const DeviceKey& device, const LastReport& report) override;
  std::unique_ptr<Store> scratch_copy() override;

  // health.cpp
  bool outdated() override;
  std::vector<std::string> find_damage(bool thorough) override;
  std::optional<Instant> newest_report() override;
  std::vector<TableSize> growing_tables() override;

  // Every query used so far, for the test that looks at their plans.
  std::vector<std::string> queries() const { return connection_.prepared(); }

 private:
  void set_meta(const std::string& name, const std::string& value);
  // Each kind of Write, in the file of its table.
  void write(const CreateBinding& create);
  void write(const ConfirmBinding& confirm);
  void write(const EndBinding& end);
  void write(const RaiseMismatch& raise);
  void write(const RepeatMismatch& repeat);
  void write(const EndMismatch& end);
  void write(const SetAbnormal& set);

  std::int64_t count(const std::string& sql);
  std::int64_t read_last_sequence();
  void forget_misses_of(const Iccid& iccid);
  std::int64_t ask_again_of(std::int64_t platform, std::optional<Instant> refreshed_before);

  Connection connection_;
  std::string id_;
  // Of the outbox; set within a transaction that appends to it, and written down by commit().
  std::optional<std::int64_t> last_sequence_;
};

// Runs `action` in the transaction that is open, or in one of its own.
template <typename Action>
void in_transaction(Store& store, const Connection& connection, Action action) {
  if (connection.in_transaction()) return action();
  Transaction transaction{store};
  action();
  transaction.commit();
}

}  // namespace iotcard::sqlite
