// SPDX-License-Identifier: Apache-2.0
#include "operations/card_import.h"

#include <fmt/core.h>

#include "operations/binding_operations.h"
#include "operations/reevaluate.h"

namespace iotcard {
namespace {

class Import {
 public:
  Import(Store& store, const Context& context, const ImportOptions& options,
         std::span<const CardField* const> columns)
      : store_(store), context_(context), options_(options), columns_(columns) {}

  // Why the row was refused; nullopt: what it says is in the store.
  std::optional<std::string> take(const CardRow& row) {
    std::optional<Binding> holding;
    if (row.device) holding = store_.binding_of(*row.device);
    if (holding && holding->iccid != row.card.iccid) {
      return fmt::format("device {} is bound to card {} already", row.device->text(),
                         holding->iccid.text());
    }
    std::optional<std::string> refused;
    if (!add(row, holding.has_value())) {
      auto stored = store_.find_card(row.card.iccid).value();
      refused = options_.update ? update(row, std::move(stored)) : why_known(row, stored.card);
    }
    if (!refused) check_luhn(row.card.iccid);
    return refused;
  }

  ImportResult result;

 private:
  // False: there is such a card already.
  bool add(const CardRow& row, bool bound_already) {
    Card card = row.card;
    if (card.created_at == Instant{}) card.created_at = context_.now;
    if (card.updated_at == Instant{}) card.updated_at = context_.now;
    if (!store_new_card(store_, context_, card)) return false;
    ++result.added;
    if (!row.device) return true;
    Affected touched{{*row.device}, {}};
    // It may be, as a card that once left the store without its binding.
    if (!bound_already)
      bind_over(store_, context_, *row.device, {card, Match::exact, {}, {}}, touched);
    ++result.bound;
    result.settled += reevaluate(store_, context_, touched);
    return true;
  }

  // `stored` may be bound, and the row's device is not bound to another card.
  std::optional<std::string> update(const CardRow& row, StoredCard stored) {
    if (row.device && stored.binding && stored.binding->device != *row.device) {
      return fmt::format("card {} is bound to device {}; unbind it first, or bind it by force",
                         row.card.iccid.text(), stored.binding->device.text());
    }
    const Card before = stored.card;
    for (const CardField* field : options_.clear_empty ? columns_ : std::span{row.given}) {
      // What a field shows is what it reads.
      [[maybe_unused]] const auto expected = field->set(stored.card, field->get(row.card));
    }
    const bool changed = stored.card != before;
    const bool binds = row.device && !stored.binding;
    if (!changed && !binds) {
      ++result.unchanged;
      return std::nullopt;
    }
    if (changed && is_of_this_import(before)) {
      return fmt::format("card {} stands in an earlier line of this file, which says otherwise",
                         row.card.iccid.text());
    }
    note_change(row, before, stored.card, binds);
    // The binding comes before what a waiting report would make of the card.
    Affected touched;
    if (changed && store_changed_card(store_, context_, stored, before)) {
      touched.cards.push_back(row.card.iccid);
    }
    if (binds) {
      bind_over(store_, context_, *row.device, stored, touched);
      ++result.bound;
    }
    result.settled += reevaluate(store_, context_, touched);
    ++result.updated;
    return std::nullopt;
  }

  void note_change(const CardRow& row, const Card& before, const Card& after, bool binds) {
    if (result.changes.size() == ImportResult::most_changes) return;
    CardDifference change{row.card.iccid, differences(before, after)};
    if (binds) change.fields.push_back({"device", "", row.device->text()});
    result.changes.push_back(std::move(change));
  }

  // Every card that this import adds or changes has its time, so nothing needs to be kept to tell;
  // only where the file has times of its own, it cannot be told of those that were added.
  bool is_of_this_import(const Card& stored) const {
    const auto now = to_rfc3339(context_.now);
    return to_rfc3339(stored.created_at) == now || to_rfc3339(stored.updated_at) == now;
  }

  std::string why_known(const CardRow& row, const Card& stored) const {
    constexpr std::string_view here = "stands in an earlier line of this file";
    const bool unsure = row.card.created_at != Instant{};
    if (is_of_this_import(stored) && !unsure) {
      return fmt::format("card {} {}", row.card.iccid.text(), here);
    }
    return fmt::format(
        "card {} is in the store already{}; an update (--update, or update=true by HTTP) would "
        "change it",
        row.card.iccid.text(), unsure ? fmt::format(", or {}", here) : "");
  }

  void check_luhn(const Iccid& iccid) {
    if (luhn(iccid) != Luhn::invalid) return;
    ++result.luhn_invalid;
    if (result.luhn_first.size() < ImportResult::most_luhn) result.luhn_first.push_back(iccid);
  }

  Store& store_;
  const Context& context_;
  const ImportOptions& options_;
  const std::span<const CardField* const> columns_;
};

}  // namespace

ImportResult import_cards(Store& store, const Context& context, std::istream& csv,
                          const ImportOptions& options, const ImportHooks& hooks) {
  if (options.clear_empty && !options.update) {
    throw OperationError{OperationError::Kind::invalid,
                         "empty cells clear fields only where cards are updated"};
  }
  CardCsv rows{csv, {.trust_zeros = options.trust_zeros, .zone = options.zone}};
  if (const Check& problem = rows.header_problem()) {
    throw OperationError{OperationError::Kind::invalid, problem->text};
  }
  Transaction transaction{store};
  Import import{store, context, options, rows.fields()};
  const auto refuse = [&](const RowProblem& problem) {
    ++import.result.refused;
    if (import.result.problems.size() == ImportResult::most_problems) return;
    import.result.problems.push_back(problem);
    if (hooks.refused) hooks.refused(problem);
  };
  const auto progress = [&] {
    if (hooks.progress) hooks.progress(rows.bytes_read(), import.result.rows);
  };
  while (const auto row = rows.next()) {
    ++import.result.rows;
    if (const auto* problem = std::get_if<RowProblem>(&*row)) {
      refuse(*problem);
    } else {
      const auto& card = std::get<CardRow>(*row);
      if (const auto reason = import.take(card)) refuse({card.line, *reason});
    }
    progress();
  }
  if (import.result.added > 0) import.result.settled += reevaluate_unknown_cards(store, context);
  progress();
  if (!options.dry_run) transaction.commit();
  return import.result;
}

}  // namespace iotcard
