// SPDX-License-Identifier: Apache-2.0
// report_store.h - The ports that apply decisions: what the reports of a batch need of the store,
// what they leave in it, and what deciding an old report again needs. Not a place for rules. One
// thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/decision.h"
#include "domain/received_report.h"
#include "domain/unit_of_work.h"
#include "store/transactional.h"

namespace iotcard {

class Store;

struct RejectedReport {
  std::int64_t id = 0;
  ReceivedReport report;
  RejectionReason reason;
  std::int64_t offset = 0;
};

// Times are kept to the millisecond; a finer part is cut off when they are written.
class ReportStore : public virtual Transactional {
 public:
  // One unit of work is one read() and one write() in one transaction. Keys are sorted, each once.
  virtual Snapshot read(const ReportKeys& keys) = 0;
  // Events go into the outbox of a client. After an error the caller's transaction holds a part of
  // the changes, and must be rolled back.
  virtual void write(const std::string& client_id, const Changes& changes) = 0;

  // Few reports ask these.
  virtual std::vector<Iccid> find_cards_between(const IccidRange& range, int limit) = 0;
  // When the first binding of this device and card began, ended or not.
  virtual std::optional<Instant> first_bound(const DeviceKey& device, const Iccid& iccid) = 0;
  // What a late report meets.
  virtual Past past(const DeviceKey& device, const std::optional<Iccid>& card) = 0;
};

// For deciding old reports again.
class ReplayStore : public virtual Transactional {
 public:
  virtual bool remove_rejected(std::int64_t id) = 0;     // false: there is none
  virtual bool remove_quarantined(std::int64_t id) = 0;  // of an event; false: there is none
  // The last report of a device, read or decided differently: it is not counted again. Nothing
  // happens if the device has reported at another time since.
  virtual void revise_report(const DeviceKey& device, const LastReport& report) = 0;
  // A copy of the whole store to try things on; deleted with the object. Blocks nobody.
  virtual std::unique_ptr<Store> scratch_copy() = 0;
};

}  // namespace iotcard
