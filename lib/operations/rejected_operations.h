// SPDX-License-Identifier: Apache-2.0
// rejected_operations.h - An operator deletes rejected reports that need no attention any more.
// Throws OperationError and StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/json_text.h"
#include "operations/operation.h"

namespace iotcard {

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
