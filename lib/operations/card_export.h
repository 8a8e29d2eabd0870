// SPDX-License-Identifier: Apache-2.0
// card_export.h - Cards of a query or a list, as CSV that card_import.h reads back as the
// same cards, or as a JSON array. Throws StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "csv/card_columns.h"
#include "operations/listing.h"

namespace iotcard {

enum class ExportFormat : std::uint8_t { csv, json };

// Takes the text piece by piece, with the number of cards so far. False: no more is wanted, and the
// export ends.
using WriteExport = std::function<bool(std::string_view text, std::int64_t cards)>;

// "iccid,plan,device", of a CSV. Throws OperationError (invalid).
CardColumns card_columns_from_operator(std::string_view names);

// `columns` are those of a CSV; JSON has all. Both return the number of cards. All of a list, such
// as card_rows():
std::int64_t export_cards(const RowList<StoredCard>& cards, const Context& context,
                          ExportFormat format, const WriteExport& write,
                          const CardColumns& columns = {});
// Those of a list, in its order, without those that the store does not have.
std::int64_t export_listed_cards(CardStore& store, const Context& context,
                                 std::span<const Iccid> cards, ExportFormat format,
                                 const WriteExport& write, const CardColumns& columns = {});

}  // namespace iotcard
