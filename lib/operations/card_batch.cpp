// SPDX-License-Identifier: Apache-2.0
#include "operations/card_batch.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "operations/card_state.h"
#include "operations/platform_operations.h"

namespace iotcard {
namespace {

PlatformRequestKind kind_of(CardBatch::Action action) {
  if (action == CardBatch::Action::suspend) return PlatformRequestKind::suspend;
  if (action == CardBatch::Action::resume) return PlatformRequestKind::resume;
  return PlatformRequestKind::refresh;
}

// Checks first and writes then, so a card that fails leaves nothing in the transaction.
void change_card(Store& store, const Context& context, const CardBatch& batch, const Iccid& iccid,
                 BatchResult& result) {
  switch (batch.action) {
    case CardBatch::Action::set:
      set_card_within(store, context, iccid, batch.fields, batch.zone);
      break;
    case CardBatch::Action::remove:
      remove_card_within(store, context, iccid, batch.force);
      break;
    case CardBatch::Action::refresh:
    case CardBatch::Action::suspend:
    case CardBatch::Action::resume:
      result.requests.push_back(
          request_platform_within(store, context, iccid, kind_of(batch.action)));
      break;
  }
  ++result.done;
}

// What is wrong with the fields themselves is told once, before any card.
void check_fields(const CardBatch& batch, const SelectedCards& selected) {
  if (batch.action != CardBatch::Action::set) return;
  if (batch.fields.empty()) {
    throw OperationError::invalid("name the fields to set; a card has " + settable_card_fields());
  }
  if (selected.cards.empty()) return;
  Card card{selected.cards.front()};
  set_card_fields(card, batch.fields, batch.zone);
}

void append(BatchResult& result, BatchResult more) {
  result.done += more.done;
  std::move(more.failed.begin(), more.failed.end(), std::back_inserter(result.failed));
  std::move(more.requests.begin(), more.requests.end(), std::back_inserter(result.requests));
}

}  // namespace

void add_iccid(IccidList& list, std::string_view text, std::string_view where) {
  try {
    list.iccids.push_back(iccid_from_operator(text));
  } catch (const OperationError& error) {
    list.failed.push_back({printable(text), std::string{where} + error.what()});
  }
}

IccidList read_iccid_list(std::istream& text) {
  IccidList list;
  each_listed(text, "iccid", [&](std::string_view entry, std::int64_t line) {
    add_iccid(list, entry, fmt::format("line {}: ", line));
  });
  return list;
}

SelectedCards select_cards(CardStore& store, const IccidList& list) {
  SelectedCards selected{.cards = {}, .failed = list.failed};
  std::set<Iccid> known;
  for (const Iccid& iccid : list.iccids) {
    try {
      const Iccid stored = require_card(store, iccid).card.iccid;
      if (!known.insert(stored).second) continue;
      if (stored != iccid) selected.spelled.push_back({iccid, stored});
      selected.cards.push_back(stored);
    } catch (const OperationError& error) {
      const bool none = error.kind() == OperationError::Kind::not_found;
      selected.failed.push_back(
          {std::string{iccid.text()}, none ? "there is no such card in the store" : error.what()});
    }
  }
  return selected;
}

SelectedCards select_cards(ListStore& store, const Context& context, const CardQuery& query) {
  SelectedCards selected;
  each_row(card_rows(store, context, query), no_limit,
           [&](const StoredCard& card) { selected.cards.push_back(card.card.iccid); });
  return selected;
}

bool asks_platform(CardBatch::Action action) {
  return action != CardBatch::Action::set && action != CardBatch::Action::remove;
}

BatchResult change_cards(Store& store, const Context& context, const CardBatch& batch,
                         SelectedCards selected, const BatchOptions& options) {
  check_fields(batch, selected);
  const std::vector<Iccid>& cards = selected.cards;
  BatchResult result{.matching = std::ssize(cards),
                     .failed = std::move(selected.failed),
                     .spelled = std::move(selected.spelled)};
  BatchResult chunk;  // counts once it is committed
  const auto change = [&](std::size_t next) {
    const Iccid& iccid = cards[next];
    try {
      change_card(store, context, batch, iccid, chunk);
    } catch (const OperationError& error) {
      chunk.failed.push_back({std::string{iccid.text()}, error.what()});
    }
  };
  run_batch(store, cards.size(), options, change,
            [&] { append(result, std::exchange(chunk, BatchResult{})); });
  return result;
}

}  // namespace iotcard
