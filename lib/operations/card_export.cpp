// SPDX-License-Identifier: Apache-2.0
#include "operations/card_export.h"

#include <utility>
#include <variant>

#include "operations/csv_export.h"
#include "operations/json.h"

namespace iotcard {
namespace {

struct NotWanted {};

// `each` calls what it gets with each card.
std::int64_t write_rows(
    const Context& context, ExportFormat format, const WriteExport& write,
    const CardColumns& columns,
    const std::function<void(const std::function<void(const StoredCard&)>&)>& each) {
  const bool csv = format == ExportFormat::csv;
  std::string text = csv ? columns.header() : "";
  std::int64_t cards = 0;
  try {
    each([&](const StoredCard& card) {
      if (csv) {
        text += columns.row(card);
      } else {
        JsonText json;
        write_card(json, card, context);
        text.append(cards == 0 ? "[\n" : ",\n").append(json.view());
      }
      ++cards;
      if (text.size() < export_piece_bytes) return;
      if (!write(text, cards)) throw NotWanted{};
      text.clear();
    });
  } catch (const NotWanted&) {
    return cards;
  }
  if (!csv) text += cards == 0 ? "[]\n" : "\n]\n";
  write(text, cards);
  return cards;
}

}  // namespace

CardColumns card_columns_from_operator(std::string_view names) {
  auto read = CardColumns::read(names);
  if (const auto* problem = std::get_if<Problem>(&read)) {
    throw OperationError::invalid("columns: " + problem->text,
                                  {ErrorKey::invalid_parameter, {{"name", "columns"}}});
  }
  return std::get<CardColumns>(std::move(read));
}

std::int64_t export_cards(const RowList<StoredCard>& cards, const Context& context,
                          ExportFormat format, const WriteExport& write,
                          const CardColumns& columns) {
  return write_rows(context, format, write, columns,
                    [&](const auto& take) { each_row(cards, no_limit, take); });
}

std::int64_t export_listed_cards(CardStore& store, const Context& context,
                                 std::span<const Iccid> cards, ExportFormat format,
                                 const WriteExport& write, const CardColumns& columns) {
  return write_rows(context, format, write, columns, [&](const auto& take) {
    for (const Iccid& iccid : cards) {
      if (const auto card = store.find_card(iccid)) take(*card);
    }
  });
}

}  // namespace iotcard
