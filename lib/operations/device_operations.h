// SPDX-License-Identifier: Apache-2.0
// device_operations.h - What operators do with devices, and the filters of a list of devices as
// they write them. Throws OperationError and StoreError. On the store's thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

struct DeviceRemoval {
  DeviceKey device;
  std::optional<Binding> released;   // ended by this
  std::vector<Mismatch> mismatches;  // that stood until now
  bool dry_run = false;
};
// Deletes a device with its history. The mismatches that stand end with it (mismatch.cleared), and
// with `force` its binding, too (binding.released); without, a bound device is a conflict. A device
// that reports again is a new one. A dry run says what would end, and changes nothing.
DeviceRemoval remove_device(Store& store, const Context& context, const DeviceKey& device,
                            bool force, bool dry_run = false);

// Throws OperationError (not_found) unless a report of the device has been accepted.
void require_heard(const std::optional<DeviceRow>& row, const DeviceKey& device);

// Also without its category: "card_in_use", "confirmed". Throws OperationError (invalid).
Outcome outcome_from_operator(std::string_view text);
// The beginning of an ICCID, in any case of letters. Throws OperationError (invalid).
std::string iccid_prefix_from_operator(std::string_view text);
// Before or from a time on, the longest unseen first.
void set_seen_before(DeviceFilter& filter, Instant time);
void set_seen_after(DeviceFilter& filter, Instant time);

}  // namespace iotcard
