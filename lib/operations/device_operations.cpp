// SPDX-License-Identifier: Apache-2.0
#include "operations/device_operations.h"

#include <fmt/core.h>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "operations/batch.h"
#include "operations/binding_operations.h"
#include "operations/listing.h"
#include "operations/reevaluate.h"

namespace iotcard {
namespace {

// What stands in the way of removing it, and ends with force.
std::string bound_text(const Binding& binding, std::size_t mismatches) {
  std::string text = fmt::format("device {} is bound to card {} since {}", binding.device.text(),
                                 binding.iccid.text(), to_rfc3339(binding.since));
  if (mismatches > 0) {
    text += " and has " + counted(static_cast<std::int64_t>(mismatches), "mismatch");
  }
  return text;
}

}  // namespace

DeviceRemoval remove_device(Store& store, const Context& context, const DeviceKey& device,
                            bool force, bool dry_run) {
  Transaction transaction{store};
  const auto row = store.find_device(device);
  if (!row) {
    throw OperationError::not_found(
        fmt::format("device {} is not in the store: nothing to remove", device.text()),
        {ErrorKey::device_not_found, {{"device", device.text()}}});
  }
  DeviceRemoval removal{device, row->binding, store.standing_mismatches(device), dry_run};
  if (removal.released && !force) {
    throw OperationError::conflict(
        bound_text(*removal.released, removal.mismatches.size()) +
            "; unbind it first, or force, which ends them",
        {ErrorKey::device_bound,
         {{"iccid", removal.released->iccid.text()}, {"device", device.text()}}});
  }
  for (const Mismatch& mismatch : removal.mismatches) {
    apply_change(store, context,
                 end_mismatch(mismatch, MismatchState::cleared, context.by, context.now));
  }
  Affected affected;
  if (removal.released) {
    apply_change(store, context, release(*removal.released, context.by, context.now));
    removal.released = ended_binding(*std::move(removal.released), context);
    affected.cards.push_back(removal.released->iccid);
  }
  store.remove_device(device);
  // Another device may have reported the card that is free now.
  reevaluate(store, context, affected);
  if (!dry_run) transaction.commit();
  return removal;
}

void require_heard(const std::optional<DeviceRow>& row, const DeviceKey& device) {
  if (row && row->last_seen) return;
  throw OperationError::not_found(
      fmt::format("device {} has sent no report that could be read, so it may not exist; check its "
                  "name, or force",
                  device.text()),
      {ErrorKey::device_unheard_of, {{"device", device.text()}}});
}

Outcome outcome_from_operator(std::string_view text) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < outcome_count; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (text == outcome_name(outcome) || text == short_name(outcome)) return outcome;
    names.push_back(outcome_name(outcome));
  }
  throw OperationError::invalid(
      fmt::format("\"{}\" is no outcome: expected one of {}", printable(text), join(names, ", ")));
}

std::string iccid_prefix_from_operator(std::string_view text) {
  std::string prefix = to_upper(text);
  if (prefix.find_first_not_of("0123456789ABCDEF") == std::string::npos) return prefix;
  throw OperationError::invalid("expected the beginning of an ICCID: digits, or A to F");
}

void set_seen_before(DeviceFilter& filter, Instant time) {
  filter.seen_before = time;
  filter.order = DeviceOrder::seen_day;
}

void set_seen_after(DeviceFilter& filter, Instant time) {
  filter.seen_after = time;
  filter.order = DeviceOrder::seen_day;
}

}  // namespace iotcard
