// SPDX-License-Identifier: Apache-2.0
// operations.h - What verbs ask for and change, wherever it is done: on a store that is open, or
// through the HTTP API of a daemon. Both give the same values, so a verb prints them in one way.
// Throws OperationError, StoreError, and std::runtime_error of the API. The main thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/card_fields.h"
#include "domain/event_filter.h"
#include "operations/binding_operations.h"
#include "operations/card_batch.h"
#include "operations/card_import.h"
#include "operations/device_operations.h"
#include "operations/listing.h"
#include "operations/mismatch_batch.h"
#include "operations/platform_operations.h"
#include "operations/rejected_operations.h"
#include "program.h"

namespace iotcard {

class Operations {
 public:
  virtual ~Operations() = default;
  // For printing: the time, and what makes a card abnormal.
  virtual const Context& context() const = 0;

  // Lists refer to this object.
  virtual RowList<StoredCard> cards(const CardQuery& query) = 0;
  virtual RowList<ListedDevice> devices(const DeviceFilter& filter) = 0;
  virtual RowList<Mismatch> mismatches(const MismatchFilter& filter) = 0;
  virtual RowList<RejectedReport> rejected_reports(const RejectedQuery& query) = 0;
  virtual RowList<QuarantinedEvent> quarantined() = 0;
  // Published ones, newest first. Throws OperationError (conflict) if the store keeps none; a
  // daemon then has some in memory.
  virtual RowList<OutboxRow> events(const EventFilter& filter) = 0;

  virtual CardDetails card(const Iccid& iccid) = 0;
  virtual DeviceDetails device(const DeviceKey& device) = 0;
  virtual RejectedReport rejected(std::int64_t id) = 0;
  virtual MismatchDetails mismatch(std::int64_t id) = 0;
  virtual std::vector<MismatchCount> mismatch_counts() = 0;

  virtual StoredCard add_card(const Iccid& iccid, std::span<const FieldChange> fields,
                              Duration zone) = 0;
  // `updated_at`: see set_card() of operations/card_operations.h.
  virtual StoredCard set_card(const Iccid& iccid, std::span<const FieldChange> fields,
                              Duration zone, const std::optional<Instant>& updated_at) = 0;
  // The bindings that this ended.
  virtual std::vector<Binding> remove_card(const Iccid& iccid, bool force) = 0;
  virtual BindResult bind(const DeviceKey& device, const Iccid& iccid, bool force) = 0;
  virtual Binding unbind(const DeviceKey& device) = 0;
  virtual Binding unbind(const Iccid& iccid) = 0;
  virtual DeviceRemoval remove_device(const DeviceKey& device, bool force, bool dry_run) = 0;
  virtual RejectedRemoval remove_rejected(const RejectedSelection& selection,
                                          std::optional<std::int64_t> expected, bool dry_run) = 0;
  virtual Acceptance accept(std::int64_t mismatch, const std::optional<Iccid>& card,
                            const std::string& reason) = 0;
  virtual Mismatch dismiss(std::int64_t mismatch, const std::string& reason) = 0;
  virtual Mismatch reopen(std::int64_t mismatch) = 0;
  // `progress`: see BatchOptions.
  virtual MismatchBatchResult settle(
      const MismatchBatch& batch, SelectedMismatches selected, bool dry_run,
      const std::function<void(std::int64_t, std::int64_t)>& progress) = 0;
};

// What the verb will do, which says how a store is opened: see Program.
enum class Use : std::uint8_t {
  read,    // Program::open_existing_store()
  change,  // Program::open_store_to_change()
  create,  // Program::open_store()
};
// Of the program's target.
std::unique_ptr<Operations> open_operations(Program& program, Use use);

// store_operations.cpp and api_operations.cpp.
std::unique_ptr<Operations> operations_on_store(std::unique_ptr<Store> store, Context context);
std::unique_ptr<Operations> operations_through_api(const Target& target);

}  // namespace iotcard
