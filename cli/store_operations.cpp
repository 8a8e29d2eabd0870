// SPDX-License-Identifier: Apache-2.0
// Operations on a store.
#include <utility>

#include "operations.h"
#include "operations/event_history.h"
#include "operations/quarantine.h"

namespace iotcard {
namespace {

class StoreOperations final : public Operations {
 public:
  StoreOperations(std::unique_ptr<Store> store, Context context)
      : store_(std::move(store)), context_(std::move(context)) {}

  const Context& context() const override { return context_; }

  RowList<StoredCard> cards(const CardQuery& query) override {
    return card_rows(*store_, context_, query);
  }
  RowList<ListedDevice> devices(const DeviceFilter& filter) override {
    return device_rows(*store_, filter);
  }
  RowList<Mismatch> mismatches(const MismatchFilter& filter) override {
    return mismatch_rows(*store_, filter);
  }
  RowList<RejectedReport> rejected_reports(const RejectedQuery& query) override {
    return rejected_rows(*store_, context_, query);
  }
  RowList<QuarantinedEvent> quarantined() override { return quarantined_rows(*store_); }
  RowList<OutboxRow> events(const EventFilter& filter) override {
    require_history(*store_);
    return event_rows(*store_, filter);
  }

  CardDetails card(const Iccid& iccid) override { return describe_card(*store_, iccid); }
  DeviceDetails device(const DeviceKey& device) override {
    return describe_device(*store_, device);
  }
  RejectedReport rejected(std::int64_t id) override { return require_rejected(*store_, id); }
  MismatchDetails mismatch(std::int64_t id) override { return describe_mismatch(*store_, id); }
  std::vector<MismatchCount> mismatch_counts() override { return count_mismatch_groups(*store_); }

  StoredCard add_card(const Iccid& iccid, std::span<const FieldChange> fields,
                      Duration zone) override {
    return iotcard::add_card(*store_, context_, iccid, fields, zone);
  }
  StoredCard set_card(const Iccid& iccid, std::span<const FieldChange> fields, Duration zone,
                      const std::optional<Instant>& updated_at) override {
    return iotcard::set_card(*store_, context_, iccid, fields, zone, updated_at);
  }
  std::vector<Binding> remove_card(const Iccid& iccid, bool force) override {
    return iotcard::remove_card(*store_, context_, iccid, force);
  }
  BindResult bind(const DeviceKey& device, const Iccid& iccid, bool force) override {
    return bind_card(*store_, context_, device, iccid, force);
  }
  Binding unbind(const DeviceKey& device) override {
    return unbind_device(*store_, context_, device);
  }
  Binding unbind(const Iccid& iccid) override { return unbind_card(*store_, context_, iccid); }
  DeviceRemoval remove_device(const DeviceKey& device, bool force, bool dry_run) override {
    return iotcard::remove_device(*store_, context_, device, force, dry_run);
  }
  RejectedRemoval remove_rejected(const RejectedSelection& selection,
                                  std::optional<std::int64_t> expected, bool dry_run) override {
    return iotcard::remove_rejected(*store_, selection, expected, dry_run);
  }
  Acceptance accept(std::int64_t mismatch, const std::optional<Iccid>& card,
                    const std::string& reason) override {
    return accept_mismatch(*store_, context_, mismatch, card, reason);
  }
  Mismatch dismiss(std::int64_t mismatch, const std::string& reason) override {
    return dismiss_mismatch(*store_, context_, mismatch, reason);
  }
  Mismatch reopen(std::int64_t mismatch) override {
    return reopen_mismatch(*store_, context_, mismatch);
  }
  MismatchBatchResult settle(
      const MismatchBatch& batch, SelectedMismatches selected, bool dry_run,
      const std::function<void(std::int64_t, std::int64_t)>& progress) override {
    const auto copy = dry_run ? store_->scratch_copy() : nullptr;
    return settle_mismatches(copy ? *copy : *store_, context_, batch, std::move(selected),
                             {.scratch = dry_run, .sole_user = true, .progress = progress});
  }

 private:
  std::unique_ptr<Store> store_;
  Context context_;
};

std::unique_ptr<Store> open_store_for(Program& program, Use use) {
  switch (use) {
    case Use::read:
      return program.open_existing_store();
    case Use::change:
      return program.open_store_to_change();
    case Use::create:
      return program.open_store();
  }
  return nullptr;  // not reached
}

}  // namespace

std::unique_ptr<Operations> operations_on_store(std::unique_ptr<Store> store, Context context) {
  return std::make_unique<StoreOperations>(std::move(store), std::move(context));
}

std::unique_ptr<Operations> open_operations(Program& program, Use use) {
  if (program.remote()) return operations_through_api(program.target);
  auto store = open_store_for(program, use);
  Context context = program.context();  // knows the store's client once that is open
  return operations_on_store(std::move(store), std::move(context));
}

}  // namespace iotcard
