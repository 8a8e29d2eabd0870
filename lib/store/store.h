// SPDX-License-Identifier: Apache-2.0
// store.h - The port to the card store: cards, devices, bindings, mismatches, rejected reports,
// the outbox and the journal position. One object is one connection, used by one thread at a time;
// several may be open on the same store, in several processes. Not a place for rules: decide()
// says what to write. Every function may throw StoreError; a contract test suite
// (tests/contract/) says what an implementation must do.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/decision.h"
#include "store/platform_rows.h"

namespace iotcard {

// The environment failed: the message says what was tried on which store, and what to do.
class StoreError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    unavailable,   // disk full, locked, I/O: trying again may help
    newer_schema,  // written by a newer program
    not_a_store,   // no database, or one of something else
    conflict,      // a rule of the schema was about to be broken, such as a second open binding
  };
  StoreError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// Where the applier stands in the intake journal: all before it is applied.
struct JournalPosition {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;  // bytes
  friend auto operator<=>(const JournalPosition&, const JournalPosition&) = default;
};

struct OutboxRow {
  std::int64_t sequence;
  std::string topic;  // without the prefix
  std::string payload;
};

// The last accepted report of a device, and what it came to.
struct LastReport {
  std::string topic;
  std::string payload;  // as it came
  Instant at;
  DeviceReport reading;
  Outcome outcome;
};

struct DeviceRow {
  DeviceKey device;
  std::int64_t reports = 0;
  std::optional<Instant> first_seen;
  std::optional<Instant> last_seen;
  std::string last_topic;
  std::string last_payload;
  std::string reported_iccid;  // canonical, or "" if the last report had none
  std::optional<std::int64_t> platform;
  std::optional<std::int64_t> rssi;
  std::optional<std::int64_t> status;
  std::string firmware_version;
  std::string user_id;
  std::optional<double> longitude;
  std::optional<double> latitude;
  std::string summary;  // JSON, or ""
  std::vector<std::string> leniencies;
  std::vector<std::string> issues;
  std::string outcome;             // "" before the first report
  std::optional<Binding> binding;  // the open one
};

struct RejectedReport {
  std::int64_t id = 0;
  std::string topic;
  std::string payload;    // bytes as they came, cut at reports.max_bytes
  std::int64_t size = 0;  // bytes as they came
  RejectionReason reason;
  std::int64_t offset = 0;
  Instant at;
};

// Times are kept to the millisecond, and cut to it when they are written.

// All filters given must hold. Lists are in the order of their key; `after` is the last key of the
// page before, so that a page costs the same wherever it is.

// What a list of cards is sorted by, and by the ICCID where that is equal. A card without a value
// counts as platform 0, as one that never expires, or as one that has used less than nothing.
enum class CardOrder : std::uint8_t {
  iccid,
  status,  // by its name
  platform,
  operator_name,
  expires_at,
  used_bytes,
  used_share,  // of the card's own limit
};
struct CardFilter {
  std::string iccid_prefix{};
  std::optional<CardStatus> status{};
  std::optional<std::int64_t> platform{};
  std::optional<bool> bound{};
  std::string operator_name{};
  // A reason that makes the card abnormal, and with `worst` one that no worse one goes before.
  // `expired` and `expiring_soon` are read off the dates, the others are as last announced.
  std::optional<Abnormal> reason{};
  bool worst = false;
  Instant now{};    // for `reason`, as the next
  Duration soon{};  // what expires within this expires soon
  std::optional<Instant> expires_after{};
  std::optional<Instant> expires_until{};
  std::optional<double> used_share_from{};  // 1.0 is the whole limit
  // Three characters at least, anywhere in a number, the operator, the plan or the note; the case
  // of ASCII letters does not matter.
  std::string text{};

  CardOrder order = CardOrder::iccid;
  bool descending = false;
};
inline constexpr std::size_t least_text = 3;  // characters
// Where the card stands in a list of this filter: what list_cards() takes as `after`.
std::string page_cursor(const Card& card, const CardFilter& filter);

enum class CardGroup : std::uint8_t { status, platform, operator_name };

struct DeviceFilter {
  std::string product{};
  std::optional<bool> bound{};
  std::string number_prefix{};
};
struct MismatchFilter {
  bool standing_only = true;
  std::optional<Outcome> outcome{};
  std::optional<DeviceKey> device{};
  std::optional<MismatchState> state{};
  bool newest_first = false;
};
struct RejectedFilter {
  std::optional<RejectionReason> reason{};
};

struct UsageSample {
  std::string day;  // "2026-11-23", UTC
  std::int64_t used_bytes = 0;
};

// A report that was taken from the journal and waits behind those of other devices.
struct DeferredReport {
  std::int64_t sequence = 0;  // by the store, growing
  std::string topic;
  std::string payload;    // as it is kept: see ingest/intake.h
  std::int64_t size = 0;  // bytes as they came
  Instant at;
};
struct DeferredTopic {
  std::string topic;
  std::int64_t reports = 0;
  std::int64_t bytes = 0;  // of their topics and payloads
};

// What grows with time and that no rule needs for ever.
enum class RetentionKind : std::uint8_t {
  rejected_reports,
  bindings,    // ended ones
  mismatches,  // ended ones
  devices,     // without a binding
};
inline constexpr std::array retention_kinds = {RetentionKind::rejected_reports,
                                               RetentionKind::bindings, RetentionKind::mismatches,
                                               RetentionKind::devices};
struct Volume {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;  // of topics and payloads; counted for rejected reports only
  Volume& operator+=(const Volume& more) {
    rows += more.rows;
    bytes += more.bytes;
    return *this;
  }
};
// A stretch of ids to look at.
struct RetentionRange {
  std::int64_t after_id = 0;
  std::int64_t span = 0;  // ids
  int most = 0;           // rows
};
struct ExpiredRow {
  std::int64_t id = 0;
  // When it became past: of a device its last report, or the end of its last binding.
  std::optional<Instant> at;
  std::int64_t bytes = 0;  // as in Volume
  // The last to go under pressure: a device that came back, a report that was set aside.
  bool dear = false;
  std::optional<DeviceKey> device;  // of RetentionKind::devices
};
struct ExpiredRows {
  std::vector<ExpiredRow> rows;  // by ascending id
  std::int64_t next_cursor = 0;  // go on behind this id; 0: the end has been reached
};

// The open binding of a device, and the card while the store has it.
struct BoundCard {
  Binding binding;
  std::optional<MatchedCard> card;
};

class Store {
 public:
  virtual ~Store() = default;

  // Transactions. Writes outside one are a transaction each. Use Transaction below.
  virtual void begin() = 0;
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;
  // Nothing waits just now: upkeep that a commit would else be held up by.
  virtual void checkpoint_if_idle() = 0;

  virtual std::string id() = 0;  // made with the store, never changed
  virtual int schema_version() = 0;
  // Changes whenever another connection has committed.
  virtual std::int64_t data_version() = 0;

  // Cards.
  virtual std::optional<StoredCard> find_card(const Iccid& iccid) = 0;           // match is exact
  virtual std::optional<MatchedCard> find_matched_card(const Iccid& iccid) = 0;  // the same, less
  // Cards of the other length that fit a 19- or 20-character ICCID: see match(). At most `limit`.
  virtual std::vector<StoredCard> find_similar_cards(const Iccid& iccid, int limit) = 0;
  virtual std::vector<Iccid> find_cards_between(const IccidRange& range, int limit) = 0;
  virtual std::vector<StoredCard> list_cards(const CardFilter& filter, const std::string& after,
                                             int limit) = 0;
  virtual std::int64_t count_cards(const CardFilter& filter) = 0;
  // Calls `take` with the place of each `stride`-th card of the list, counting on from `before`.
  // How many the list has.
  virtual std::int64_t scan_cards(const CardFilter& filter, std::int64_t stride,
                                  std::int64_t before,
                                  const std::function<void(const std::string& place)>& take) = 0;
  // How many cards there are of each, by its name or number.
  virtual std::vector<std::pair<std::string, std::int64_t>> count_cards_by(CardGroup group) = 0;
  // False: there is one already. `raised`: what of it is announced in the same transaction; a
  // SetAbnormal behind it would have the index of texts written out for each card.
  virtual bool add_card(const Card& card, AbnormalReasons raised) = 0;
  bool add_card(const Card& card) { return add_card(card, {}); }
  // All fields; not the binding, nor the reasons last announced. False: there is none.
  virtual bool update_card(const Card& card) = 0;
  // With its usage. False: there is none. Ends no binding.
  virtual bool remove_card(const Iccid& iccid) = 0;
  // What the card has used, as of its day: the last figure of a day stays. Those of the day
  // `oldest` and of later ones are kept.
  virtual void save_usage(const Iccid& iccid, const UsageSample& sample,
                          const std::string& oldest) = 0;
  virtual std::vector<UsageSample> usage_samples(const Iccid& iccid,
                                                 int limit) = 0;  // newest first

  // Platforms, those of the configuration.
  virtual std::vector<PlatformRow> platforms() = 0;  // by id
  // These and no others. The health of those that stay stays; of those that go their misses and
  // waiting requests go too.
  virtual void set_platforms(const std::vector<PlatformRow>& platforms) = 0;
  virtual void save_platform_health(std::int64_t platform, const PlatformHealth& health) = 0;
  // Cards of the platform that were last asked about before `before`, the stalest first.
  virtual std::vector<Iccid> cards_to_ask(std::int64_t platform, Instant before, int limit) = 0;
  // Its platform was asked about a card: as if that had been `as_of`. Not an update of the card.
  // A card that is added or moves to another platform has not been asked about.
  virtual void set_asked_at(const Iccid& iccid, Instant as_of) = 0;
  // What is said of a card is what is known: only `refreshed_at` and `updated_at` are written.
  virtual void set_refreshed_at(const Iccid& iccid, Instant at) = 0;
  // All cards of a platform, or of any, are to be asked about next; or only those that were last
  // refreshed before a time, or never. How many. Outside a transaction it is many small ones with
  // room for others in between.
  virtual std::int64_t mark_stale(std::optional<std::int64_t> platform,
                                  std::optional<Instant> refreshed_before) = 0;
  virtual PlatformAge platform_age(std::int64_t platform) = 0;
  // Of standing mismatches card_unknown behind `after_id` that name this platform or none that is
  // configured: those
  // ICCIDs that it has not missed since `missed_before`. Looks at `span` mismatches at most, so
  // that a storm of them costs a bounded time, and gives `limit` ICCIDs at most.
  virtual UnknownIccids unknown_to_ask(std::int64_t platform, Instant missed_before,
                                       std::int64_t after_id, int span, int limit) = 0;
  // The platform does not know the ICCID. Forgotten with time, and once there is such a card.
  virtual void record_miss(std::int64_t platform, const Iccid& iccid, Instant at) = 0;
  // The oldest of those from before `before`; how many it forgot.
  virtual std::int64_t forget_misses(Instant before, int limit) = 0;

  // What operators want of platforms. A request that waits goes with its card, and where the card
  // moves to another platform. Of a card the newest 20 refreshes and 100 actions are kept.
  virtual std::int64_t add_platform_request(const PlatformRequest& request) = 0;  // its id
  // Marks them taken; oldest first.
  virtual std::vector<PlatformRequest> take_platform_requests(std::int64_t platform, Instant now,
                                                              int limit) = 0;
  // It waits again, as if it had not been taken.
  virtual void give_back_platform_request(std::int64_t id) = 0;
  virtual void finish_platform_request(std::int64_t id, Instant now, const std::string& failure,
                                       const std::string& status) = 0;
  virtual std::optional<PlatformRequest> find_platform_request(std::int64_t id) = 0;
  virtual std::vector<PlatformRequest> platform_requests(const Iccid& iccid,
                                                         int limit) = 0;  // newest first
  // Taken before `before` and never finished, since whoever took it is gone: a refresh waits again,
  // an action is finished as a failure. How many there were.
  virtual int recover_platform_requests(std::int64_t platform, Instant before, Instant now) = 0;

  // Devices: those that have reported, and those that were bound before they did.
  // True: the first report of this device.
  virtual bool save_report(const DeviceKey& device, const LastReport& report) = 0;
  // With all that is past of it. Throws StoreError (conflict) if it is bound.
  virtual void remove_device(const DeviceKey& device) = 0;
  virtual std::optional<DeviceRow> find_device(const DeviceKey& device) = 0;
  virtual std::vector<DeviceRow> list_devices(const DeviceFilter& filter,
                                              const std::optional<DeviceKey>& after, int limit) = 0;
  virtual std::int64_t count_devices() = 0;
  // As scan_cards().
  virtual std::int64_t scan_devices(const DeviceFilter& filter, std::int64_t stride,
                                    const std::function<void(const DeviceKey&)>& take) = 0;

  // Bindings and mismatches.
  virtual std::optional<Binding> binding_of(const DeviceKey& device) = 0;  // the open one
  virtual std::optional<BoundCard> bound_card(const DeviceKey& device) = 0;
  // When their first binding began, ended or not.
  virtual std::optional<Instant> first_bound(const DeviceKey& device, const Iccid& iccid) = 0;
  virtual std::vector<Binding> binding_history(const DeviceKey& device, int limit) = 0;
  virtual std::vector<Binding> binding_history(const Iccid& iccid, int limit) = 0;  // newest first
  virtual std::int64_t count_open_bindings() = 0;
  virtual std::vector<Mismatch> standing_mismatches(const DeviceKey& device) = 0;
  virtual std::optional<Mismatch> find_mismatch(std::int64_t id) = 0;
  // By ascending id, or behind it by descending; after_id 0: from the beginning.
  virtual std::vector<Mismatch> list_mismatches(const MismatchFilter& filter, std::int64_t after_id,
                                                int limit) = 0;
  virtual std::int64_t walk_mismatches(const MismatchFilter& filter, std::int64_t stride,
                                       const std::function<void(std::int64_t id)>& take) = 0;
  virtual std::int64_t count_open_mismatches() = 0;
  // Standing mismatches card_unknown whose ICCID a stored card now fits, by ascending id.
  virtual std::vector<Mismatch> unknown_cards_now_known(std::int64_t after_id, int limit) = 0;
  // Standing mismatches that name this card, in its 19- or 20-character spelling, or a device that
  // is bound to it.
  virtual std::vector<Mismatch> mismatches_about(const Iccid& iccid) = 0;

  // Carries out what was decided. A dismissed mismatch stands on: EndMismatch leaves `ended`
  // absent.
  virtual void write(const Write& write) = 0;

  // Rejected reports.
  virtual void add_rejected(const RejectedReport& rejected) = 0;
  virtual std::optional<RejectedReport> find_rejected(std::int64_t id) = 0;
  // Newest first; before_id 0: from the newest.
  virtual std::vector<RejectedReport> list_rejected(std::int64_t before_id, int limit,
                                                    const RejectedFilter& filter = {}) = 0;
  virtual std::int64_t walk_rejected(const RejectedFilter& filter, std::int64_t stride,
                                     const std::function<void(std::int64_t id)>& take) = 0;
  virtual std::int64_t count_rejected() = 0;

  // What is past, for its removal. A count reads all of it.
  virtual Volume past_volume(RetentionKind kind) = 0;
  virtual ExpiredRows past_rows(RetentionKind kind, const RetentionRange& range) = 0;
  virtual void remove_past(RetentionKind kind, std::int64_t id) = 0;  // not of devices

  // Deferred reports of one client, by ascending sequence.
  virtual void defer_report(const std::string& client_id, const DeferredReport& report) = 0;
  virtual std::vector<DeferredReport> deferred_reports(const std::string& client_id, int limit) = 0;
  virtual void remove_deferred(const std::string& client_id, std::int64_t up_to_sequence) = 0;
  virtual std::vector<DeferredTopic> deferred_topics(const std::string& client_id) = 0;
  virtual std::int64_t count_deferred(const std::string& client_id) = 0;

  // The outbox of one client: events in the order in which they were decided. A sequence is unique
  // in the store, grows, and is never used again, even when its row is gone.
  virtual void append_event(const std::string& client_id, const Event& event) = 0;
  virtual std::vector<OutboxRow> read_outbox(const std::string& client_id,
                                             std::int64_t after_sequence, int limit) = 0;
  virtual void remove_published(const std::string& client_id, std::int64_t up_to_sequence) = 0;
  virtual std::int64_t count_outbox(const std::string& client_id) = 0;
  // From the first to the last sequence in it: as many as count_outbox() if nobody else has
  // appended in between. Costs the same however many there are.
  virtual std::int64_t outbox_span(const std::string& client_id) = 0;

  virtual JournalPosition journal_position(const std::string& client_id) = 0;
  virtual void set_journal_position(const std::string& client_id, JournalPosition position) = 0;
  // The folder of the journal that this is the position in; "" if that was never said.
  virtual std::string intake_dir(const std::string& client_id) = 0;
  virtual void set_intake_dir(const std::string& client_id, const std::string& dir) = 0;
  // The clients with a journal position: the daemons of this store.
  virtual std::vector<std::string> clients() = 0;

  // The topic filters that this client has ever subscribed to, so that it can take back those that
  // it does not want any more: the broker remembers them.
  virtual std::vector<std::string> known_filters(const std::string& client_id) = 0;
  virtual void set_known_filters(const std::string& client_id,
                                 const std::vector<std::string>& filters) = 0;

  // How far a duty has come that goes through the store bit by bit, by the name of the duty; "" if
  // nobody has said.
  virtual std::string progress(const std::string& duty) = 0;
  virtual void set_progress(const std::string& duty, const std::string& progress) = 0;

  // For deciding anew.
  virtual std::vector<RejectedReport> list_rejected_after(std::int64_t after_id,
                                                          int limit) = 0;  // oldest first
  virtual bool remove_rejected(std::int64_t id) = 0;                       // false: there is none
  // The last report of a device again, read or decided otherwise: it is not one more. Nothing
  // happens if the device has reported at another time since.
  virtual void revise_report(const DeviceKey& device, const LastReport& report) = 0;
  // A copy of all there is, to try things on; gone with its object. Holds nobody up.
  virtual std::unique_ptr<Store> scratch_copy() = 0;

  // How long a call of this connection waits while another connection locks the store; a few
  // seconds unless this is called. Then it throws StoreError (unavailable).
  virtual void set_lock_timeout(std::chrono::milliseconds timeout) = 0;

  // For a look at its health.
  virtual bool outdated() = 0;  // of an older schema than ours; only if it was opened to read
  // What is wrong inside, a line each; empty: nothing. `thorough` takes longer and compares indexes
  // with their tables. Holds nobody up.
  virtual std::vector<std::string> find_damage(bool thorough) = 0;
  virtual std::optional<Instant> newest_report() = 0;  // of any device
  struct TableSize {
    std::string name;
    std::int64_t rows;
  };
  virtual std::vector<TableSize> growing_tables() = 0;  // those that grow with reports
};

// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Store& store) : store_(store) { store_.begin(); }
  ~Transaction() {
    if (!done_) store_.rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    store_.commit();
    done_ = true;
  }

 private:
  Store& store_;
  bool done_ = false;
};

// Opens the store that a URL names, "sqlite:PATH", and brings its schema up to date.
std::unique_ptr<Store> open_store(const std::string& url);

// Opens one that is there, of any schema version up to ours, and can write nothing: neither data
// nor schema. Of an older schema only schema_version(), id() and find_damage() can be relied on.
std::unique_ptr<Store> open_store_to_read(const std::string& url);

}  // namespace iotcard
