// SPDX-License-Identifier: Apache-2.0
// card_batch.h - One change of many cards: those of a list, or all that a filter fits. Each card is
// changed or not by itself, with a reason if not; the transactions are small, so that a running
// daemon works on in between. Throws OperationError, StoreError and what a hook throws: what was
// committed until then stays. On the store's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "operations/batch.h"
#include "operations/card_operations.h"
#include "operations/listing.h"

namespace iotcard {

// What could not be done, and why.
struct CardFailure {
  std::string iccid;  // as it was named
  std::string reason;
};

// ICCIDs as somebody wrote them.
struct IccidList {
  std::vector<Iccid> iccids{};
  std::vector<CardFailure> failed{};  // what is no ICCID
};
// Adds what `text` names; `where` begins the reason if that is no ICCID.
void add_iccid(IccidList& list, std::string_view text, std::string_view where = {});
// One ICCID a line. Blank lines, what follows a '#', and a first line "iccid" are passed over.
IccidList read_iccid_list(std::istream& text);

// A card that somebody named by its other spelling.
struct CardSpelling {
  Iccid named;
  Iccid stored;
};

// The stored cards that are meant, each once.
struct SelectedCards {
  std::vector<Iccid> cards{};
  std::vector<CardSpelling> spelled{};  // of a list: those that the store spells otherwise
  std::vector<CardFailure> failed{};    // of a list: what is no ICCID, or no card in the store
};
// A card is found as require_card() says.
SelectedCards select_cards(CardStore& store, const IccidList& list);
// All cards that the filter fits now, in its order.
SelectedCards select_cards(ListStore& store, const Context& context, const CardQuery& query);
struct CardBatch {
  enum class Action : std::uint8_t { set, remove, refresh, suspend, resume };
  Action action = Action::set;
  std::vector<FieldChange> fields{};  // of `set`
  Duration zone{};                    // of times in `fields` that name none
  bool force = false;                 // of `remove`: bound cards too
};
inline constexpr auto card_batch_names =
    make_name_table<CardBatch::Action>("set", "remove", "refresh", "suspend", "resume");
// Whether the action is a request that waits in the store for the card's platform.
bool asks_platform(CardBatch::Action action);

struct BatchResult {
  std::int64_t matching = 0;          // selected cards
  std::int64_t done = 0;              // changed, or as they were to be; or their request is stored
  std::vector<CardFailure> failed{};  // in the order of the cards, those not selected first
  std::vector<PlatformRequest> requests{};  // that were stored
  std::vector<CardSpelling> spelled{};      // as those of SelectedCards
};

BatchResult change_cards(Store& store, const Context& context, const CardBatch& batch,
                         SelectedCards selected, const BatchOptions& options);

}  // namespace iotcard
