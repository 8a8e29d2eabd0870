// SPDX-License-Identifier: Apache-2.0
// The steps of a profile, one after another: for one card, for a batch, for an action.
#include "platform/platform_client.h"

#include <algorithm>
#include <variant>

#include "platform/exchange.h"

namespace iotcard {
namespace {

std::string text(const Iccid& iccid) {
  return std::string{iccid.text()};
}

}  // namespace

struct PlatformClient::Inside {
  Inside(AccountState& of, ClientPorts ports)
      : account(of), profile(of.profile->inside()), exchange(of, std::move(ports)) {}

  AccountState& account;
  const ProfileSpec& profile;
  Exchange exchange;

  using Saved = std::map<std::string, std::string>;

  void unreadable(Reply& reply, const std::string& step, const std::string& what) {
    reply.failure =
        PlatformFailure{PlatformFault::unreadable, step + ": " + reply.redactor.quote(what)};
  }

  // What the item says: into the answer, the trace, and the saved values.
  void read(const Step& step, const Item& item, Reply& reply, CardAnswer* answer, Saved& saved) {
    FieldValues values =
        read_field_values(profile, account.settings, step, *item.value, reply.redactor);
    for (const auto& [name, path] : step.save) {
      const auto value = find_text(*item.value, path);
      if (!value || value->size() > most_saved_bytes) {
        return unreadable(reply, step.name,
                          (value ? "too long a text at " : "nothing at ") + path.text);
      }
      saved[name] = *value;
    }
    if (answer == nullptr) return;
    if (item.iccid) answer->iccid = item.iccid;
    merge_fields(answer->fields, values.fields);
    merge_fields(reply.trace.fields, values.fields);
    std::move(values.notes.begin(), values.notes.end(), std::back_inserter(reply.trace.notes));
    const auto& tell = exchange.ports().unknown_value;
    for (const auto& [field, value] : values.unknown) {
      if (tell) tell(field, value);
    }
  }

  // The card's item of a reply that is ok; otherwise nullptr, and the verdict or the failure says
  // why.
  const Item* pick(const Step& step, const Iccid& card, const Items& items, Reply& reply) {
    if (!items.problem.empty()) {
      unreadable(reply, step.name, items.problem);
      return nullptr;
    }
    const Item* item = item_of(items, card);
    if (item != nullptr) return item;
    if (items.unreadable) {  // it may be among those
      unreadable(reply, step.name, "no ICCID at " + step.iccid->text);
    } else {
      reply.verdict = Verdict::not_found;
    }
    return nullptr;
  }

  // One step about one card.
  Reply ask_step(const Step& step, Purpose purpose, const Iccid& card, CardAnswer* answer,
                 Saved& saved) {
    Reply reply = exchange.ask({step, purpose, {text(card)}, saved});
    const bool wanted = purpose == Purpose::card || !step.save.empty() || step.iccid;
    if (!reply.failure && reply.verdict == Verdict::ok && wanted) {
      const Items items = find_items(step, reply.answer->root());
      reply.trace.notes = items.notes;
      const Item* item = pick(step, card, items, reply);
      if (item != nullptr) read(step, *item, reply, answer, saved);
    }
    if (!reply.failure && reply.verdict == Verdict::not_found) {
      reply.trace.notes.emplace_back("the platform has no such card");
    }
    exchange.tell(reply);
    return reply;
  }

  std::variant<CardAnswer, PlatformFailure> ask_one(const Iccid& card) {
    CardAnswer answer{.asked = card, .kind = CardAnswer::Kind::found};
    Saved saved;
    for (const Step& step : profile.card) {
      const Reply reply = ask_step(step, Purpose::card, card, &answer, saved);
      if (reply.failure && !reply.is_of_card()) return *reply.failure;
      if (step.optional) continue;
      if (reply.failure) {
        return CardAnswer{
            .asked = card, .kind = CardAnswer::Kind::failed, .failure = reply.failure->text};
      }
      if (reply.verdict == Verdict::not_found) {
        return CardAnswer{.asked = card, .kind = CardAnswer::Kind::not_found};
      }
    }
    return answer;
  }

  struct Batch {
    std::vector<CardAnswer> cards;
    std::optional<PlatformFailure> failure{};
    bool refused = false;  // all of it
  };

  Batch ask_batch(std::span<const Iccid> cards) {
    Batch batch;
    for (const Iccid& card : cards) {
      batch.cards.push_back({.asked = card, .kind = CardAnswer::Kind::found});
    }
    for (const Step& step : profile.batch_steps) {
      std::vector<CardAnswer*> open;
      Question question{step, Purpose::card};
      for (CardAnswer& card : batch.cards) {
        if (card.kind != CardAnswer::Kind::found) continue;
        open.push_back(&card);
        question.iccids.push_back(text(card.asked));
      }
      if (open.empty()) break;
      Reply reply = exchange.ask(question);
      if (!reply.failure) read_batch(step, open, reply);
      exchange.tell(reply);
      if (!reply.failure) continue;
      if (!reply.is_of_card()) return {{}, reply.failure};
      if (step.optional) continue;
      batch.refused = reply.failure->fault == PlatformFault::refused;
      for (CardAnswer* card : open) {
        *card = {
            .asked = card->asked, .kind = CardAnswer::Kind::failed, .failure = reply.failure->text};
      }
    }
    return batch;
  }

  void read_batch(const Step& step, const std::vector<CardAnswer*>& open, Reply& reply) {
    Items items;
    if (reply.verdict == Verdict::ok) items = find_items(step, reply.answer->root());
    if (!items.problem.empty()) return unreadable(reply, step.name, items.problem);
    reply.trace.notes = items.notes;
    std::size_t taken = 0;
    for (CardAnswer* card : open) {
      const Item* item = item_of(items, card->asked);
      if (item != nullptr) {
        ++taken;
        Saved none;
        read(step, *item, reply, card, none);
      } else if (!step.optional) {
        *card = {.asked = card->asked, .kind = CardAnswer::Kind::not_found};
        if (items.unreadable) {  // it may be among those
          *card = {.asked = card->asked,
                   .kind = CardAnswer::Kind::failed,
                   .failure = step.name + ": no ICCID at " + step.iccid->text};
        }
      }
    }
    if (items.items.size() > taken) {
      reply.trace.notes.push_back(std::to_string(items.items.size() - taken) +
                                  " cards that were not asked for, or twice");
    }
    reply.trace.fields.clear();  // of many cards
  }

  // A batch that is refused may be so for one of its cards: the halves tell. If both are refused,
  // it is not the cards.
  Batch settle(std::span<const Iccid> cards, Batch whole) {
    if (!whole.refused || cards.size() < 2) return whole;
    const auto left_cards = cards.first(cards.size() / 2);
    const auto right_cards = cards.subspan(cards.size() / 2);
    Batch left = ask_batch(left_cards);
    if (left.failure) return left;
    Batch right = ask_batch(right_cards);
    if (!right.failure && !(left.refused && right.refused)) {
      left = settle(left_cards, std::move(left));
      if (!left.failure) right = settle(right_cards, std::move(right));
    }
    std::move(right.cards.begin(), right.cards.end(), std::back_inserter(left.cards));
    if (!left.failure) left.failure = right.failure;
    left.refused = false;
    return left;
  }
};

PlatformClient::PlatformClient(Account& account, ClientPorts ports)
    : inside_(std::make_unique<Inside>(account.inside_->state, std::move(ports))) {}
PlatformClient::~PlatformClient() = default;

int PlatformClient::max_batch() const {
  return inside_->account.profile->max_batch();
}

PlatformClient::Answers PlatformClient::ask(std::span<const Iccid> cards) {
  const ProfileSpec& profile = inside_->profile;
  const bool batch = !profile.batch_steps.empty() && (cards.size() > 1 || profile.card.empty());
  Answers answers;
  if (batch && !cards.empty()) {
    Inside::Batch settled = inside_->settle(cards, inside_->ask_batch(cards));
    answers.cards = std::move(settled.cards);
    answers.failure = std::move(settled.failure);
    return answers;
  }
  for (const Iccid& card : cards) {
    auto answer = inside_->ask_one(card);
    if (auto* failure = std::get_if<PlatformFailure>(&answer)) {
      answers.failure = std::move(*failure);
      break;
    }
    answers.cards.push_back(std::move(std::get<CardAnswer>(answer)));
  }
  return answers;
}

bool PlatformClient::can(CardAction action) const {
  return !inside_->profile.steps(action).empty();
}

std::optional<PlatformFailure> PlatformClient::act(const Iccid& card, CardAction action) {
  if (!can(action)) {
    return PlatformFailure{PlatformFault::refused,
                           "the profile " + inside_->profile.name + " has no steps to " +
                               std::string{card_action_names[action]} + " a card"};
  }
  Inside::Saved saved;
  for (const Step& step : inside_->profile.steps(action)) {
    const Reply reply = inside_->ask_step(step, Purpose::action, card, nullptr, saved);
    if (reply.failure && step.optional && reply.is_of_card()) continue;
    if (reply.failure) return reply.failure;
    if (reply.verdict == Verdict::not_found && !step.optional) {
      return PlatformFailure{PlatformFault::refused, step.name + ": the platform has no such card"};
    }
  }
  return std::nullopt;
}

std::optional<PlatformFailure> PlatformClient::log_in() {
  return inside_->exchange.log_in();
}

}  // namespace iotcard
