// SPDX-License-Identifier: Apache-2.0
// card_export.h - Cards as CSV that card_import.h reads back as the same cards: a header and a row
// for each, in the order of their ICCID. Throws StoreError. On the store's thread.
#pragma once

#include <functional>
#include <string_view>

#include "operations/listing.h"

namespace iotcard {

// Hands the text over piece by piece; where `write` says false, the rest is not wanted.
void export_cards(Store& store, const Context& context, const CardQuery& query,
                  const std::function<bool(std::string_view)>& write);

}  // namespace iotcard
