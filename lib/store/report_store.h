// SPDX-License-Identifier: Apache-2.0
// report_store.h - The ports that apply decisions: what one report needs of the store, the report
// itself, and the writes and events that decide() returns, now or again. Not a place for rules.
// One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/decision.h"
#include "domain/received_report.h"
#include "store/transactional.h"

namespace iotcard {

class Store;

// The last accepted report of a device and its outcome.
struct LastReport {
  std::string topic;
  std::string payload;  // as received
  Instant at;
  DeviceReport reading;
  Outcome outcome;
};

struct RejectedReport {
  std::int64_t id = 0;
  ReceivedReport report;
  RejectionReason reason;
  std::int64_t offset = 0;
};

// The open binding of a device, and its card if the store has it.
struct BoundCard {
  Binding binding;
  std::optional<MatchedCard> card;
};

// Times are kept to the millisecond; a finer part is cut off when they are written.
class ReportStore : public virtual Transactional {
 public:
  virtual std::optional<BoundCard> bound_card(const DeviceKey& device) = 0;
  // The card with exactly this ICCID alone; if there is none, the cards of the other length that
  // match a 19- or 20-character ICCID, see match(). The same as CardStore::matching_cards(), with
  // fewer fields to read.
  virtual std::vector<MatchedCard> matched_cards(const Iccid& iccid) = 0;
  virtual std::vector<Iccid> find_cards_between(const IccidRange& range, int limit) = 0;
  // When the first binding of this device and card began, ended or not.
  virtual std::optional<Instant> first_bound(const DeviceKey& device, const Iccid& iccid) = 0;
  virtual std::vector<Mismatch> standing_mismatches(const DeviceKey& device) = 0;

  // True: the first report of this device.
  virtual bool save_report(const DeviceKey& device, const LastReport& report) = 0;
  virtual void add_rejected(const ReceivedReport& report, const Rejection& rejection) = 0;
  // A dismissed mismatch still stands: EndMismatch leaves its `ended` absent.
  virtual void write(const Write& write) = 0;
  // Into the outbox of a client. `payload` is what event_json() returns: the event's id is added
  // when the outbox is read.
  virtual void append_event(const std::string& client_id, std::string_view topic,
                            std::string_view payload) = 0;
};

// For deciding old reports again.
class ReplayStore : public virtual Transactional {
 public:
  virtual bool remove_rejected(std::int64_t id) = 0;  // false: there is none
  // The last report of a device, read or decided differently: it is not counted again. Nothing
  // happens if the device has reported at another time since.
  virtual void revise_report(const DeviceKey& device, const LastReport& report) = 0;
  // A copy of the whole store to try things on; deleted with the object. Blocks nobody.
  virtual std::unique_ptr<Store> scratch_copy() = 0;
};

}  // namespace iotcard
