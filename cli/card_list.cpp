// SPDX-License-Identifier: Apache-2.0
// card list.
#include <fmt/core.h>

#include <memory>

#include "base/byte_size.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "card_selection.h"
#include "operations.h"
#include "operations/json.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct CardListOptions {
  CardFilterOptions filters;
  std::string sort;
  std::int64_t limit = 100;
};

CardQuery query_of(const CardListOptions& options, Instant now) {
  CardQuery query = query_of(options.filters, now);
  // A word of its own for the share.
  const bool by_usage = options.sort == "usage" || options.sort.starts_with("usage:");
  const std::string sort = by_usage ? "used_share" + options.sort.substr(5) : options.sort;
  if (!sort.empty()) sort_by(query.filter, sort, card_order_names);
  return query;
}

std::string size_of(const std::optional<std::int64_t>& bytes) {
  return bytes ? printable_byte_size(*bytes) : std::string{};
}

std::vector<std::string> usage_cells(const StoredCard& stored, const std::string& reasons) {
  const Card& card = stored.card;
  std::optional<std::int64_t> used = card.used_bytes;
  if (!used && card.limit_bytes && card.remaining_bytes) {
    used = *card.limit_bytes - *card.remaining_bytes;
  }
  std::string share;
  if (used && card.limit_bytes.value_or(0) > 0) {
    share = fmt::format("{:.1f} %",
                        static_cast<double>(*used) * 100 / static_cast<double>(*card.limit_bytes));
  }
  return {std::string{card.iccid.text()},
          std::string{card_status_names[card.status]},
          stored.binding ? stored.binding->device.text() : "",
          card.operator_name,
          card.plan,
          size_of(used),
          size_of(card.limit_bytes),
          share,
          reasons};
}

std::vector<std::string> card_cells(const StoredCard& stored, const std::string& reasons) {
  const Card& card = stored.card;
  return {std::string{card.iccid.text()},
          printable(card.platform),
          std::string{card_status_names[card.status]},
          stored.binding ? stored.binding->device.text() : "",
          card.operator_name,
          card.msisdn,
          printable(card.expires_at).substr(0, 10),
          reasons};
}

int list_cards(Program& program, const CardListOptions& options) {
  const CardQuery query = query_of(options, now());
  const auto operations = open_operations(program, Use::read);
  const Context& context = operations->context();
  const bool usage = !options.filters.over.empty() || query.filter.order == CardOrder::used_bytes ||
                     query.filter.order == CardOrder::used_share;
  const Column device{"DEVICE", "product device"};
  std::vector<Column> columns{
      "ICCID",   "PLATFORM", "STATUS", device, "OPERATOR", "MSISDN", {"EXPIRES", "expires_at"},
      "ABNORMAL"};
  if (usage) {
    columns = {"ICCID",
               "STATUS",
               device,
               "OPERATOR",
               "PLAN",
               {"USED", "used_bytes"},
               {"LIMIT", "limit_bytes"},
               "SHARE",
               "ABNORMAL"};
  }
  ListPrinter rows{program.output, std::move(columns), "no cards", options.limit};
  const auto row = [&](const StoredCard& card) -> TableRow {
    const auto reasons = reasons_of(card, context);
    const std::string names = join(reasons.names(abnormal_names), ", ");
    return {usage ? usage_cells(card, names) : card_cells(card, names),
            reasons.empty() ? Colour::none : Colour::yellow};
  };
  return rows.print(
      operations->cards(query),
      [&](JsonText& json, const StoredCard& card) { write_card(json, card, context); }, row);
}

}  // namespace

Action card_list_verb(Arguments& arguments) {
  auto options = std::make_shared<CardListOptions>();
  declare_filters(arguments, options->filters);
  arguments.option("--sort", options->sort,
                   "By this column, or COLUMN:desc: " + join(choices_of(card_order_names), ", ") +
                       " (or usage)");
  arguments.limit(options->limit);
  arguments.footer(R"(
Cards must pass all filters that are given. A share is of a card's own limit, not of a
pool's.
With --json: an array of cards, each with iccid, every field of card set and of the store's
own, product, device and bound_since of the device that it is bound to, luhn, and abnormal:
an array of reasons, the worst first. A field without a value is null.)");
  return [options](Program& program) { return list_cards(program, *options); };
}

}  // namespace iotcard
