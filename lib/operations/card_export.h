// SPDX-License-Identifier: Apache-2.0
// card_export.h - Cards in the order of their ICCID, as CSV that card_import.h reads back as the
// same cards, or as a JSON array. Throws StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "operations/listing.h"

namespace iotcard {

enum class ExportFormat : std::uint8_t { csv, json };

// Hands over the text piece by piece, with the number of cards so far, and returns the number of
// cards. Ends early if `write` returns false.
std::int64_t export_cards(
    ListStore& store, const Context& context, const CardQuery& query, ExportFormat format,
    const std::function<bool(std::string_view text, std::int64_t cards)>& write);

}  // namespace iotcard
