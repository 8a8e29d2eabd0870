// SPDX-License-Identifier: Apache-2.0
// usage.h - Records the usage of cards by day; a day keeps its last figure. Inside the caller's
// transaction; on the store's thread. Throws StoreError.
#pragma once

#include <cstdint>
#include <optional>

#include "operations/operation.h"

namespace iotcard {

inline constexpr int usage_days = 62;  // kept: this month and the one before

// Records used_bytes for today if it has a value other than `before`.
void note_usage(CardStore& store, const Context& context, const Card& card,
                const std::optional<std::int64_t>& before);

}  // namespace iotcard
