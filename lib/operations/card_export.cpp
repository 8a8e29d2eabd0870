// SPDX-License-Identifier: Apache-2.0
#include "operations/card_export.h"

#include "csv/card_csv_writer.h"

namespace iotcard {
namespace {

constexpr std::size_t piece = 64 * 1024;  // bytes

struct NotWanted {};

}  // namespace

void export_cards(Store& store, const Context& context, const CardQuery& query,
                  const std::function<bool(std::string_view)>& write) {
  std::string text = card_csv_header();
  try {
    each_card(store, context, query, no_limit, [&](const StoredCard& card) {
      text += card_csv_row(card);
      if (text.size() < piece) return;
      if (!write(text)) throw NotWanted{};
      text.clear();
    });
  } catch (const NotWanted&) {
    return;
  }
  write(text);
}

}  // namespace iotcard
