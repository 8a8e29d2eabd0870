// SPDX-License-Identifier: Apache-2.0
// sqlite_store.h - A Store on one SQLite file in WAL mode: readers do not wait for the writer, and
// a commit is on the disk when it returns. One class for each port, over one connection that they
// share; their functions are in the files beside this one. One thread at a time; throws StoreError.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/sqlite/import_locks.h"
#include "store/store.h"

namespace iotcard::sqlite {

// A port over the connection that all of them share.
template <typename Port>
class OverConnection : public virtual Port {
 protected:
  explicit OverConnection(Connection& connection) : connection_(connection) {}

  Connection& connection_;
};

class SqliteReportStore : public OverConnection<ReportStore> {
 public:
  using OverConnection::OverConnection;
  void begin() override;
  void commit() override;
  void rollback() noexcept override;
  void checkpoint_if_idle() override;
  void set_lock_timeout(std::chrono::milliseconds timeout) override;
  Snapshot read(const ReportKeys& keys) override;
  void write(const std::string& client_id, const Changes& changes) override;
  std::vector<Iccid> find_cards_between(const IccidRange& range, int limit) override;
  std::optional<Instant> first_bound(const DeviceKey& device, const Iccid& iccid) override;
  Past past(const DeviceKey& device, const std::optional<Iccid>& card) override;

 private:
  void append_events(const std::string& client_id, const std::vector<OutboxEvent>& events);

  // Of the outbox; set within a transaction that appends to it, and written by commit().
  std::optional<std::int64_t> last_sequence_;
};

class SqliteOutboxStore : public OverConnection<OutboxStore> {
 public:
  using OverConnection::OverConnection;
  std::vector<OutboxRow> read_outbox(const std::string& client_id, std::int64_t after_sequence,
                                     int limit) override;
  void remove_published(const std::string& client_id, std::int64_t up_to_sequence) override;
  std::int64_t count_outbox(const std::string& client_id) override;
  std::int64_t outbox_span(const std::string& client_id) override;
  bool quarantine_event(const std::string& client_id, std::int64_t sequence,
                        const std::string& reason, Instant at) override;

 private:
  std::string store_id_;  // read when it is first needed
};

class SqliteEventHistoryStore : public OverConnection<EventHistoryStore> {
 public:
  using OverConnection::OverConnection;
  void keep_history(const std::string& client_id, bool keep) override;
  void mark_published(const std::string& client_id, std::int64_t up_to_sequence) override;
  std::int64_t published_position(const std::string& client_id) override;
  std::optional<std::int64_t> complete_after(const std::string& client_id) override;
  std::vector<std::string> event_clients() override;
  std::vector<OutboxRow> published_events(const std::string& client_id, std::int64_t after_sequence,
                                          int limit, const WantsTopic& wants) override;
  std::optional<std::int64_t> oldest_event(const std::string& client_id) override;
  std::optional<OutboxRow> published_before(const std::string& client_id,
                                            std::int64_t sequence) override;
  FoundEvents find_events(const std::string& client_id, const EventMatcher& matcher,
                          const EventRange& range, const EventSearchLimits& limits) override;
  std::int64_t last_sequence() override;
  std::int64_t remove_events(const std::string& client_id, std::int64_t up_to_sequence) override;
  std::optional<EventCursor> event_cursor(const std::string& consumer,
                                          const std::string& client_id) override;
  void set_event_cursor(const std::string& consumer, const std::string& client_id,
                        std::int64_t sequence) override;
  std::vector<EventCursor> event_cursors() override;
  void remove_event_consumer(const std::string& consumer) override;
};

class SqliteDeferredStore : public OverConnection<DeferredStore> {
 public:
  using OverConnection::OverConnection;
  void defer_report(const std::string& client_id, const ReceivedReport& report) override;
  std::vector<DeferredReport> deferred_reports(const std::string& client_id, int limit) override;
  void remove_deferred(const std::string& client_id, std::int64_t up_to_sequence) override;
  std::vector<DeferredTopic> deferred_topics(const std::string& client_id) override;
  std::int64_t count_deferred(const std::string& client_id) override;
};

class SqliteRetentionStore : public OverConnection<RetentionStore> {
 public:
  using OverConnection::OverConnection;
  Volume expired_volume(RetentionKind kind) override;
  ExpiredRows expired_rows(RetentionKind kind, const RetentionRange& range) override;
  void remove_expired(RetentionKind kind, std::int64_t id) override;
  void remove_device(const DeviceKey& device) override;
};

class SqliteSilenceStore : public OverConnection<SilenceStore> {
 public:
  using OverConnection::OverConnection;
  std::vector<WatchedDevice> devices_to_check(Instant until, Instant now, int limit) override;
  void set_seen_from(std::int64_t id, Instant seen_from) override;
  void mark_silent(std::int64_t id, Instant since) override;
  std::int64_t forget_silence(int limit) override;
};

class SqliteSeriesStore : public OverConnection<SeriesStore> {
 public:
  using OverConnection::OverConnection;
  void add_series(Instant from, const Counts& counts) override;
  void remove_series_before(Instant from) override;
  std::vector<SeriesPoint> series(std::string_view metric, Instant from, Instant until) override;
};

class SqliteCardStore : public OverConnection<CardStore> {
 public:
  using OverConnection::OverConnection;
  std::optional<StoredCard> find_card(const Iccid& iccid) override;
  std::vector<StoredCard> matching_cards(const Iccid& iccid) override;
  std::vector<Iccid> other_spellings(const Iccid& iccid) override;
  bool add_card(const Card& card, AbnormalReasons announced,
                std::optional<Instant> judge_at) override;
  std::vector<StoredCard> cards_to_judge(Instant now, int limit) override;
  bool update_card(const Card& card) override;
  bool remove_card(const Iccid& iccid) override;
  void set_refreshed_at(const Iccid& iccid, Instant at) override;
  void set_asked_at(const Iccid& iccid, Instant as_of) override;
  void save_usage(const Iccid& iccid, const UsageSample& sample,
                  const std::string& oldest) override;
  std::vector<UsageSample> usage_samples(const Iccid& iccid, int limit) override;
  void log_change(const Iccid& iccid, const LoggedChange& change) override;
  std::vector<LoggedChange> logged_changes(const Iccid& iccid, int limit) override;
};

class SqliteImportStore : public OverConnection<ImportStore> {
 public:
  explicit SqliteImportStore(Connection& connection)
      : OverConnection(connection), locks_(connection.file()) {}
  std::int64_t add_import(const std::string& options) override;
  std::vector<CardImport> imports() override;
  std::optional<CardImport> claim_import(std::int64_t id) override;
  void release_import(std::int64_t id) noexcept override;
  bool complete_import(std::int64_t id) override;
  void remove_import(std::int64_t id) override;
  void check_room(std::int64_t import) override;
  bool used_by_others() override;
  void use_bulk_memory() override;
  std::optional<StagedCard> stage_card(std::int64_t import, const StagedCard& card) override;
  std::vector<StagedCard> staged_cards(std::int64_t import, std::int64_t behind,
                                       int limit) override;
  std::vector<StagedCard> staged_in_two_spellings(std::int64_t import, const std::string& after,
                                                  int max) override;
  void remove_staged(std::int64_t import, std::int64_t up_to_line) override;
  void remove_staged_line(std::int64_t import, std::int64_t line) override;

 private:
  ImportLocks locks_;
};

class SqliteBindingStore : public OverConnection<BindingStore> {
 public:
  using OverConnection::OverConnection;
  std::optional<Binding> binding_of(const DeviceKey& device) override;
  std::vector<Binding> binding_history(const DeviceKey& device, int limit) override;
  std::vector<Binding> binding_history(const Iccid& iccid, int limit) override;
  std::vector<Mismatch> standing_mismatches(const DeviceKey& device) override;
  std::optional<Mismatch> find_mismatch(std::int64_t id) override;
  std::vector<Mismatch> mismatches_about(const Iccid& iccid) override;
  std::vector<Mismatch> unknown_cards_now_known(std::int64_t after_id, int limit) override;
};

class SqliteListStore : public OverConnection<ListStore> {
 public:
  using OverConnection::OverConnection;
  StorePage<StoredCard> list_cards(const CardFilter& filter, const PageStart& start,
                                   int limit) override;
  std::int64_t count_cards(const CardFilter& filter, std::int64_t at_most) override;
  std::vector<std::pair<std::string, std::int64_t>> count_cards_by(CardGroup group) override;
  std::vector<CardTraits> card_traits(const CardFilter& filter, int limit) override;
  std::vector<StoredCard> search_cards(const std::string& text, int limit) override;
  std::optional<DeviceRow> find_device(const DeviceKey& device) override;
  StorePage<DeviceRow> list_devices(const DeviceFilter& filter, const PageStart& start,
                                    int limit) override;
  std::int64_t count_devices(const DeviceFilter& filter, std::int64_t at_most) override;
  std::optional<ScannedCount> count_scanned_devices(const DeviceFilter& filter) override;
  std::vector<DeviceTraits> device_traits(const DeviceFilter& filter, int limit) override;
  std::vector<DeviceRow> devices_numbered(const std::string& prefix, int limit) override;
  std::int64_t count_open_bindings() override;
  StorePage<Mismatch> list_mismatches(const MismatchFilter& filter, const PageStart& start,
                                      int limit) override;
  std::int64_t count_mismatches(const MismatchFilter& filter, std::int64_t at_most) override;
  std::int64_t count_open_mismatches() override;
  std::int64_t count_mismatch_group(const MismatchGroup& group, std::int64_t at_most) override;
  std::optional<RejectedReport> find_rejected(std::int64_t id) override;
  StorePage<RejectedReport> list_rejected(const RejectedFilter& filter, const PageStart& start,
                                          int limit) override;
  std::int64_t count_rejected(const RejectedFilter& filter, std::int64_t at_most) override;
  std::vector<std::pair<RejectionReason, std::int64_t>> count_rejected_by_reason(
      Instant since) override;
  std::optional<QuarantinedEvent> find_quarantined(std::int64_t id) override;
  StorePage<QuarantinedEvent> list_quarantined(const PageStart& start, int limit) override;
  std::int64_t count_quarantined(std::int64_t at_most) override;
};

class SqlitePlatformStore : public OverConnection<PlatformStore> {
 public:
  using OverConnection::OverConnection;
  std::vector<PlatformRow> platforms() override;
  void set_platforms(const std::vector<PlatformRow>& rows) override;
  void save_platform_health(std::int64_t platform, const PlatformHealth& health) override;
  std::vector<Iccid> cards_to_ask(std::int64_t platform, Instant before, int limit) override;
  std::int64_t mark_stale(std::optional<std::int64_t> platform,
                          std::optional<Instant> refreshed_before) override;
  PlatformAge platform_age(std::int64_t platform) override;
  UnknownIccids unknown_to_ask(std::int64_t platform, Instant missed_before, std::int64_t after_id,
                               int span, int limit) override;
  void record_miss(std::int64_t platform, const Iccid& iccid, Instant at) override;
  std::int64_t forget_misses(Instant before, int limit) override;
  NotFoundRound not_found_round(std::int64_t platform) override;
  void save_not_found_round(std::int64_t platform, const NotFoundRound& round) override;
  std::optional<Instant> held_since(std::int64_t platform, const Iccid& iccid) override;
  void hold_not_found(std::int64_t platform, const Iccid& iccid, Instant at) override;
  void release_not_found(std::int64_t platform, const Iccid& iccid) override;
  std::vector<Iccid> held_not_found(std::int64_t platform, int limit) override;
  bool has_more_cards_than(std::int64_t platform, std::int64_t count) override;
};

class SqlitePlatformRequestStore : public OverConnection<PlatformRequestStore> {
 public:
  using OverConnection::OverConnection;
  std::int64_t add_platform_request(const PlatformRequest& request) override;
  std::vector<PlatformRequest> take_platform_requests(std::int64_t platform, Instant now,
                                                      int limit) override;
  void give_back_platform_request(std::int64_t id) override;
  void finish_platform_request(std::int64_t id, Instant now, const std::string& failure,
                               const std::string& status) override;
  std::optional<PlatformRequest> find_platform_request(std::int64_t id) override;
  std::vector<PlatformRequest> platform_requests(const Iccid& iccid, int limit) override;
  int recover_platform_requests(std::int64_t platform, Instant before, Instant now) override;
};

class SqliteWebhookStore : public OverConnection<WebhookStore> {
 public:
  using OverConnection::OverConnection;
  std::vector<WebhookRow> webhooks() override;
  void set_webhooks(const std::vector<std::string>& names) override;
  void save_webhook(const WebhookRow& row) override;
  void set_event_aside(const QuarantinedEvent& event) override;
};

class SqliteReplayStore : public OverConnection<ReplayStore> {
 public:
  using OverConnection::OverConnection;
  bool remove_rejected(std::int64_t id) override;
  bool remove_quarantined(std::int64_t id) override;
  void revise_report(const DeviceKey& device, const LastReport& report) override;
  std::unique_ptr<Store> scratch_copy() override;
};

class SqliteStateStore : public OverConnection<StateStore> {
 public:
  using OverConnection::OverConnection;
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
};

class SqliteHealthStore : public OverConnection<HealthStore> {
 public:
  using OverConnection::OverConnection;
  std::string id() override;
  int schema_version() override;
  std::int64_t data_version() override;
  bool outdated() override;
  std::optional<std::string> moved() override;
  std::vector<std::string> find_damage(bool thorough) override;
  std::optional<Instant> newest_report() override;
  std::vector<TableSize> growing_tables() override;
  std::int64_t store_bytes() override;
  StoreLog log_state() override;
  std::vector<std::int64_t> log_readers() override;
};

// A base, so that the connection exists before the classes that use it.
class OwnConnection {
 protected:
  OwnConnection(const std::string& path, OpenMode mode) : connection_(path, mode) {}

  Connection connection_;
};

class SqliteStore : private OwnConnection,
                    public Store,
                    public SqliteReportStore,
                    public SqliteOutboxStore,
                    public SqliteEventHistoryStore,
                    public SqliteDeferredStore,
                    public SqliteRetentionStore,
                    public SqliteSilenceStore,
                    public SqliteSeriesStore,
                    public SqliteCardStore,
                    public SqliteImportStore,
                    public SqliteBindingStore,
                    public SqliteListStore,
                    public SqlitePlatformStore,
                    public SqlitePlatformRequestStore,
                    public SqliteWebhookStore,
                    public SqliteReplayStore,
                    public SqliteStateStore,
                    public SqliteHealthStore {
 public:
  explicit SqliteStore(const std::string& path, OpenMode mode = OpenMode::create);

  // Every query used so far, for the test that looks at their plans.
  std::vector<std::string> queries() const { return OwnConnection::connection_.prepared(); }
};

}  // namespace iotcard::sqlite
