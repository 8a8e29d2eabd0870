// SPDX-License-Identifier: Apache-2.0
// rejected_operations.h - An operator looks through rejected reports, and deletes those that need
// no attention any more; replay/replay.h decides them again. Throws OperationError and StoreError.
// On the store's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/json_text.h"
#include "operations/listing.h"

namespace iotcard {

// A filter whose device is known by its topics.
struct RejectedQuery {
  RejectedFilter filter{};
  std::optional<DeviceKey> device{};
};
// Throws OperationError (invalid) if no configured topic is for such a device.
RowList<RejectedReport> rejected_rows(ListStore& store, const Context& context,
                                      const RejectedQuery& query);
EnumSet<RejectionReason> rejection_reasons_from(std::string_view names);  // with commas

// Of all that are kept, most frequent reason first:
// {"total":N,"by_reason":[{"reason":…,"count":N}]}
void write_rejected_statistics(JsonText& json, ListStore& store);

struct RejectedSelection {
  std::vector<std::int64_t> ids{};  // none: all that the filter fits
  RejectedFilter filter{};
};

struct RejectedRemoval {
  std::int64_t matching = 0;
  std::int64_t removed = 0;
  bool dry_run = false;
};

// The named ones are removed all or none (not_found). Of a filter, `expected` must be the number
// that matches, otherwise nothing is done (conflict).
RejectedRemoval remove_rejected(Store& store, const RejectedSelection& selection,
                                std::optional<std::int64_t> expected, bool dry_run);

void write_removal(JsonText& json, const RejectedRemoval& removal);

}  // namespace iotcard
