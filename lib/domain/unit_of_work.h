// SPDX-License-Identifier: Apache-2.0
// unit_of_work.h - The reports of one batch between two calls of the store: what it knew of their
// devices and cards, with what this batch has decided laid over it. Each report is decided on what
// the ones before it left, and each row is written once, however many reports changed it. Pure; one
// thread at a time. Source of the name: Fowler, Patterns of Enterprise Application Architecture.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/decision.h"
#include "domain/received_report.h"

namespace iotcard {

// What to ask the store about.
struct ReportKeys {
  std::vector<DeviceKey> devices;
  std::vector<Iccid> iccids;  // as reported

  void sort();  // and each once
};

struct KnownDevice {
  DeviceKey device;
  std::int64_t id = 0;  // the store's; 0: it does not know the device
  std::optional<Instant> last_seen{};
  bool heard_live = false;
  std::optional<Instant> silent_since{};
  std::string imei{};                // in its last report that had one
  std::optional<Binding> binding{};  // the open one
  std::vector<Mismatch> standing{};  // by ascending id
  // Another device reported this device's card, and this device has perhaps not since; then the
  // mismatches of DecisionInputs::contested_by.
  bool contested = false;
  std::vector<Mismatch> contested_by{};
};
// What a store answers to ReportKeys.
struct Snapshot {
  std::vector<KnownDevice> devices;  // one for each key
  // The cards that these devices are bound to, and of each reported ICCID the card with exactly
  // this ICCID, or else all of the other length that match it; perhaps others, and each perhaps
  // twice. `match` has no meaning.
  std::vector<MatchedCard> cards;
};

// The last accepted report of a device and its outcome.
struct LastReport {
  std::string topic;
  std::string payload;  // as received
  Instant at;
  DeviceReport reading;
  Outcome outcome;
};

struct SavedReport {
  std::optional<LastReport> last{};  // of those that are not late
  std::int64_t reports = 0;          // so many more
  Instant first_at;                  // of the first of them
  std::optional<Instant> late_at{};  // the earliest of the late ones
  bool heard_live = false;           // for the first time
  bool ends_silence = false;
  bool new_day = false;  // the last report is of another day than the one before
  std::string imei{};    // if it has changed
};
// What changes in the row of a device.
struct DeviceChange {
  DeviceKey device;
  std::int64_t id = 0;  // as the store gave it; 0: the row is to be made
  std::optional<SavedReport> report{};
  std::optional<Instant> confirmed_at{};  // the open binding was confirmed
  std::optional<Binding> bound{};         // the open binding is this new one
};
// What a store knows beyond a snapshot; few reports need it.
struct Past {
  std::optional<Outcome> outcome{};    // of the device's newest report
  std::optional<Binding> of_device{};  // the last one that ended
  std::optional<Binding> of_card{};
};
struct RejectedNow {
  ReceivedReport report;
  Rejection rejection;
};
struct OutboxEvent {
  std::string topic;    // without the prefix
  std::string payload;  // event_json(): the event's id is added when the outbox is read
};

// What a store writes, in this order, each row once. Times are as it keeps them.
struct Changes {
  std::vector<Binding> ended_bindings;  // that were open: first, so that card and device are free
  std::vector<DeviceChange> devices;    // by key
  std::vector<Binding> past_bindings;   // made and ended since the store was read
  // That stood: dismissed, opened again, with another cause, or ended.
  std::vector<Mismatch> settled_mismatches;
  std::vector<Mismatch> repeated_mismatches;  // that stand: their last_seen, count and platform
  std::vector<Mismatch> new_mismatches;       // as they were raised; some have ended already
  std::vector<std::pair<DeviceKey, bool>> contested;  // KnownDevice::contested of these devices
  std::vector<SetAbnormal> cards;
  std::vector<RejectedNow> rejected;
  std::vector<OutboxEvent> events;  // in the order in which they are published
};

class UnitOfWork {
 public:
  explicit UnitOfWork(Snapshot known);
  UnitOfWork(const UnitOfWork&) = delete;
  UnitOfWork& operator=(const UnitOfWork&) = delete;

  // What decide() needs, but for rounding_candidates and first_reported, which the store is asked
  // for one by one. The device and the ICCID are among the keys of the snapshot.
  DecisionInputs inputs(const DeviceKey& device, const std::optional<Iccid>& reported) const;
  // When the first binding of this device and card began that this unit has made.
  std::optional<Instant> first_bound(const DeviceKey& device, const Iccid& iccid) const;

  // What a late report meets besides: the outcome of the newest report, and the last bindings that
  // have ended, of this unit of work.
  Past past(const DeviceKey& device, const std::optional<Iccid>& card) const;

  // A report that confirms a binding is saved, too. A late one counts, and leaves the last one in
  // its place. Returns the event of a device that was silent until this report.
  std::optional<Event> save(const DeviceKey& device, LastReport report, bool retained = false,
                            bool late = false);
  void reject(ReceivedReport report, Rejection rejection);
  void apply(const Write& write);
  void publish(const Event& event);

  Changes take();

 private:
  template <typename Row>
  struct Held {
    Row row;
    bool is_new = false;  // this unit has made it
    bool changed = false;
    bool settled = false;  // a binding has ended; of a mismatch more than its repetition changed
  };
  struct HeldDevice {
    DeviceKey device;
    std::int64_t id = 0;
    std::optional<Instant> last_seen{};
    bool heard_live = false;
    std::optional<Instant> silent_since{};
    std::string imei{};
    Held<Binding>* binding = nullptr;  // the open one
    std::vector<Held<Mismatch>*> standing{};
    bool contested = false;  // as the store has it
    std::vector<Held<Mismatch>*> contested_by{};
    std::optional<SavedReport> report{};
  };
  struct HeldCard {
    MatchedCard card;                  // without its binding
    Held<Binding>* binding = nullptr;  // the open one
    bool changed = false;
  };

  void apply_one(const CreateBinding& create);
  void apply_one(const ConfirmBinding& confirm);
  void apply_one(const EndBinding& end);
  void apply_one(const RaiseMismatch& raise);
  void apply_one(const RepeatMismatch& repeat);
  void apply_one(const EndMismatch& end);
  void apply_one(const SetAbnormal& set);
  void hold(std::vector<KnownDevice>& devices);
  void link_contested(const std::vector<KnownDevice>& devices);
  void contest(Held<Mismatch>& mismatch);
  void end_contest(Held<Mismatch>& mismatch);
  void take_contested(Changes& changes) const;
  const HeldDevice* find(const DeviceKey& key) const;
  HeldDevice* find(const DeviceKey& key);  // null: the snapshot has none
  HeldDevice& device(const DeviceKey& key);
  const HeldDevice& device(const DeviceKey& key) const;
  HeldCard* card(const Iccid& iccid);  // null: the snapshot has none
  Held<Mismatch>& standing(const MismatchKey& key);
  void set_imei(HeldDevice& held, const LastReport& report);
  void judge_again(const Iccid& iccid, Instant at);

  std::vector<HeldDevice> devices_;      // by key
  mutable std::size_t last_device_ = 0;  // that was asked for
  std::vector<HeldCard> cards_;          // by ICCID
  // Their addresses stay.
  std::deque<Held<Binding>> bindings_;
  std::deque<Held<Mismatch>> mismatches_;
  std::vector<SetAbnormal> other_cards_;  // of no card in the snapshot
  std::vector<RejectedNow> rejected_;
  std::vector<OutboxEvent> events_;
};

}  // namespace iotcard
