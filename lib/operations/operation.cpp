// SPDX-License-Identifier: Apache-2.0
#include "operations/operation.h"

#include <fmt/core.h>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "store/stored_decision.h"

namespace iotcard {

AbnormalReasons reasons_of(const StoredCard& stored, const Context& context) {
  if (context.judged_by_daemon) return stored.announced;
  return abnormal_reasons(stored.card, stored.binding, context.policy.alerts, context.now);
}

Iccid iccid_from_operator(std::string_view text) {
  const IccidReading reading = Iccid::read(text);
  if (reading.iccid) return *reading.iccid;
  const std::string_view problem =
      reading.problem ? iccid_problem_names[*reading.problem] : std::string_view{"it is empty"};
  throw OperationError::invalid(
      fmt::format("\"{}\" is no ICCID ({}): 18 to 22 digits or A to F that begin with 89",
                  printable(text), problem),
      {ErrorKey::invalid_iccid, {{"iccid", printable(text)}}});
}

ErrorCause ambiguous_iccid(std::string_view iccid, const std::vector<StoredCard>& candidates) {
  const std::string names =
      join(candidates, ",", [](const StoredCard& card) { return card.card.iccid.text(); });
  return {ErrorKey::iccid_ambiguous, {{"iccid", iccid}, {"candidates", names}}};
}

StoredCard require_card(CardStore& store, const Iccid& iccid) {
  std::vector<StoredCard> cards = store.matching_cards(iccid);
  if (cards.size() == 1) return std::move(cards.front());
  if (cards.empty()) {
    throw OperationError::not_found(fmt::format("there is no card {} in the store", iccid.text()),
                                    {ErrorKey::card_not_found, {{"iccid", iccid.text()}}});
  }
  const std::string names =
      join(cards, " and ", [](const StoredCard& card) { return card.card.iccid.text(); });
  throw OperationError::conflict(
      fmt::format(
          "there is no card {} in the store, but it may be any of {}, which are spelled with {} "
          "characters; name one of them",
          iccid.text(), names, cards.front().card.iccid.text().size()),
      ambiguous_iccid(iccid.text(), cards));
}

std::string named_card(const Iccid& stored, const Iccid& named) {
  if (stored == named) return fmt::format("card {}", stored.text());
  return fmt::format("card {} (named as {})", stored.text(), named.text());
}

void apply_change(ReportStore& store, const Context& context, const Change& change) {
  apply_change(store, context.client_id, context.policy.mute, change.writes, change.events);
}

}  // namespace iotcard
