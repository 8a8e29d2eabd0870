// SPDX-License-Identifier: Apache-2.0
// usage.h - What cards have used, day by day, as operators said it: one figure a day, the last.
// Inside the caller's transaction; on the store's thread. Throws StoreError.
#pragma once

#include <cstdint>
#include <optional>

#include "operations/operation.h"

namespace iotcard {

inline constexpr int usage_days = 62;  // that are kept: this month and the one before

// Notes used_bytes as of today if it has a value and is not what it was `before`.
void note_usage(Store& store, const Context& context, const Card& card,
                const std::optional<std::int64_t>& before);

}  // namespace iotcard
