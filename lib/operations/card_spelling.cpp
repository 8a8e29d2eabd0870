// SPDX-License-Identifier: Apache-2.0
#include "operations/card_spelling.h"

#include <fmt/core.h>

#include "base/text.h"

namespace iotcard {

std::vector<Iccid> stored_spellings(CardStore& store, const Iccid& iccid) {
  std::vector<Iccid> others = store.other_spellings(iccid);
  if (!others.empty() && store.find_card(iccid)) others.clear();
  return others;
}

std::string stored_otherwise(const Iccid& iccid, const std::vector<Iccid>& stored) {
  const bool one = stored.size() == 1;
  return fmt::format("card {} is in the store already as {}, its spelling{} with {} characters",
                     iccid.text(), join(stored, " and ", &Iccid::text), one ? "" : "s",
                     stored.front().text().size());
}

}  // namespace iotcard
