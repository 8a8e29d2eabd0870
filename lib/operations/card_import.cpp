// SPDX-License-Identifier: Apache-2.0
#include "operations/card_import.h"

#include <fmt/core.h>

#include "operations/binding_operations.h"
#include "operations/reconsider.h"

namespace iotcard {
namespace {

class Import {
 public:
  Import(Store& store, const Context& context) : store_(store), context_(context) {}

  // Why the row was refused; nullopt: the card is in.
  std::optional<std::string> take(const CardRow& row) {
    Card card = row.card;
    if (card.created_at == Instant{}) card.created_at = context_.now;
    if (card.updated_at == Instant{}) card.updated_at = context_.now;
    std::optional<Binding> holding;
    if (row.device) holding = store_.binding_of(*row.device);
    if (holding && holding->iccid != card.iccid) {
      return fmt::format("device {} is bound to card {} already", row.device->text(),
                         holding->iccid.text());
    }
    if (!store_.add_card(card)) return why_known(card);
    KnownCard known{card, Match::exact, {}, {}};
    carry_out(store_, context_, judge_card(known, context_.policy.alerts, context_.now));
    ++result.imported;
    if (row.device) bind_to(*row.device, known, holding.has_value());
    return std::nullopt;
  }

  ImportResult result;

 private:
  // Every card of this import has its time, so nothing needs to be kept to tell the two apart; only
  // where the file has times of its own, it cannot be told.
  std::string why_known(const Card& card) {
    const auto is_now = [&](const Card& other) {
      return to_rfc3339(other.created_at) == to_rfc3339(context_.now);
    };
    const auto stored = store_.find_card(card.iccid);
    const char* where = stored && is_now(stored->card) ? "stands in an earlier line of this file"
                                                       : "is in the store already";
    if (!is_now(card)) where = "is in the store already, or stands in an earlier line of this file";
    return fmt::format("card {} {}", card.iccid.text(), where);
  }

  void bind_to(const DeviceKey& device, const KnownCard& card, bool bound_already) {
    Touched touched{{device}, {}};
    if (!bound_already) {  // as a card that once left the store without its binding
      bind_over(store_, context_, device, card, touched);
    }
    ++result.bound;
    result.settled += reconsider(store_, context_, touched);
  }

  Store& store_;
  const Context& context_;
};

}  // namespace

ImportResult import_cards(Store& store, const Context& context, std::istream& csv,
                          const ImportOptions& options, const ImportHooks& hooks) {
  CardCsv rows{csv, {.trust_zeros = options.trust_zeros}};
  if (!rows.header_problem().empty()) {
    throw OperationError{OperationError::Kind::invalid, rows.header_problem()};
  }
  Transaction transaction{store};
  Import import{store, context};
  const auto refuse = [&](const RowProblem& problem) {
    ++import.result.refused;
    if (hooks.refused) hooks.refused(problem);
  };
  while (const auto row = rows.next()) {
    ++import.result.rows;
    if (const auto* problem = std::get_if<RowProblem>(&*row)) {
      refuse(*problem);
    } else {
      const auto& card = std::get<CardRow>(*row);
      if (const auto reason = import.take(card)) refuse({card.line, *reason});
    }
    if (hooks.progress) hooks.progress(rows.bytes_read(), import.result.rows);
  }
  if (import.result.imported > 0) {
    import.result.settled += reconsider_unknown_cards(store, context);
  }
  if (!options.dry_run) transaction.commit();
  return import.result;
}

}  // namespace iotcard
