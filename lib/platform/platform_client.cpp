// SPDX-License-Identifier: Apache-2.0
// The steps of a profile, one after another: for one card, for a batch, for an action.
#include "platform/platform_client.h"

#include <algorithm>
#include <iterator>
#include <variant>

#include "platform/step_runner.h"

namespace iotcard {
namespace {

std::string text(const Iccid& iccid) {
  return std::string{iccid.text()};
}

}  // namespace

struct PlatformClient::Impl {
  Impl(Account& of, ClientPorts ports)
      : account(of), profile(of.profile()), runner(of, std::move(ports)) {}

  Account& account;
  const Profile& profile;
  StepRunner runner;

  using Saved = std::map<std::string, std::string>;

  void unreadable(StepResult& result, const std::string& step, const std::string& what) {
    result.failure =
        PlatformFailure{ServiceFault::unreadable, step + ": " + result.redactor.quote(what)};
  }

  // Reads the fields of the item into the answer, the exchange, and the saved values.
  void read(const Step& step, const Item& item, StepResult& result, CardAnswer* answer,
            Saved& saved) {
    FieldValues values =
        read_field_values(profile, account.settings(), step, *item.value, result.redactor);
    for (const auto& [name, path] : step.save) {
      const auto value = find_text(*item.value, path);
      if (!value || value->size() > max_saved_bytes) {
        return unreadable(result, step.name,
                          (value ? "too long a text at " : "nothing at ") + path.text);
      }
      saved[name] = *value;
    }
    if (answer == nullptr) return;
    if (item.iccid) answer->iccid = item.iccid;
    merge_fields(answer->fields, values.fields);
    merge_fields(result.exchange.fields, values.fields);
    std::move(values.notes.begin(), values.notes.end(), std::back_inserter(result.exchange.notes));
    const auto& report = runner.ports().unknown_value;
    for (const auto& [field, value] : values.unknown) {
      if (report) report(field, value);
    }
  }

  // The card's item in an answer that is ok; otherwise nullptr, and the classification or the
  // failure says why.
  const Item* pick(const Step& step, const Iccid& card, const Items& items, StepResult& result) {
    if (!items.problem.empty()) {
      unreadable(result, step.name, items.problem);
      return nullptr;
    }
    const Item* item = item_of(items, card);
    if (item != nullptr) return item;
    if (items.unreadable) {  // it may be among those
      unreadable(result, step.name, "no ICCID at " + step.iccid->text);
    } else {
      result.classification = Classification::not_found;
    }
    return nullptr;
  }

  // One step about one card.
  StepResult run_step(const Step& step, Purpose purpose, const Iccid& card, CardAnswer* answer,
                      Saved& saved) {
    StepResult result = runner.run({step, purpose, {text(card)}, saved});
    const bool wanted = purpose == Purpose::card || !step.save.empty() || step.iccid;
    if (!result.failure && result.classification == Classification::ok && wanted) {
      const Items items = find_items(step, result.answer->root());
      result.exchange.notes = items.notes;
      const Item* item = pick(step, card, items, result);
      if (item != nullptr) read(step, *item, result, answer, saved);
    }
    if (!result.failure && result.classification == Classification::not_found) {
      result.exchange.notes.emplace_back("the platform has no such card");
    }
    runner.trace(result);
    return result;
  }

  std::variant<CardAnswer, PlatformFailure> ask_one(const Iccid& card) {
    CardAnswer answer{.asked = card, .kind = CardAnswer::Kind::found};
    Saved saved;
    for (const Step& step : profile.card) {
      const StepResult result = run_step(step, Purpose::card, card, &answer, saved);
      if (result.failure && !result.is_of_card()) return *result.failure;
      if (step.optional) continue;
      if (result.failure) {
        return CardAnswer{
            .asked = card, .kind = CardAnswer::Kind::failed, .failure = result.failure->text};
      }
      if (result.classification == Classification::not_found) {
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
      StepInput input{step, Purpose::card};
      for (CardAnswer& card : batch.cards) {
        if (card.kind != CardAnswer::Kind::found) continue;
        open.push_back(&card);
        input.iccids.push_back(text(card.asked));
      }
      if (open.empty()) break;
      StepResult result = runner.run(input);
      if (!result.failure) read_batch(step, open, result);
      runner.trace(result);
      if (!result.failure) continue;
      if (!result.is_of_card()) return {{}, result.failure};
      if (step.optional) continue;
      batch.refused = result.failure->fault == ServiceFault::refused;
      for (CardAnswer* card : open) {
        *card = {.asked = card->asked,
                 .kind = CardAnswer::Kind::failed,
                 .failure = result.failure->text};
      }
    }
    return batch;
  }

  void read_batch(const Step& step, const std::vector<CardAnswer*>& open, StepResult& result) {
    Items items;
    if (result.classification == Classification::ok)
      items = find_items(step, result.answer->root());
    if (!items.problem.empty()) return unreadable(result, step.name, items.problem);
    result.exchange.notes = items.notes;
    std::size_t used = 0;
    for (CardAnswer* card : open) {
      const Item* item = item_of(items, card->asked);
      if (item != nullptr) {
        ++used;
        Saved none;
        read(step, *item, result, card, none);
      } else if (!step.optional) {
        *card = {.asked = card->asked, .kind = CardAnswer::Kind::not_found};
        if (items.unreadable) {  // it may be among those
          *card = {.asked = card->asked,
                   .kind = CardAnswer::Kind::failed,
                   .failure = step.name + ": no ICCID at " + step.iccid->text};
        }
      }
    }
    if (items.items.size() > used) {
      result.exchange.notes.push_back(std::to_string(items.items.size() - used) +
                                      " cards that were not asked for, or twice");
    }
    result.exchange.fields.clear();  // of many cards
  }

  // A batch may be refused because of one of its cards, so each half is asked alone. If both halves
  // are refused, the cards are not the reason.
  Batch ask_halves(std::span<const Iccid> cards, Batch whole) {
    if (!whole.refused || cards.size() < 2) return whole;
    const auto left_cards = cards.first(cards.size() / 2);
    const auto right_cards = cards.subspan(cards.size() / 2);
    Batch left = ask_batch(left_cards);
    if (left.failure) return left;
    Batch right = ask_batch(right_cards);
    if (!right.failure && !(left.refused && right.refused)) {
      left = ask_halves(left_cards, std::move(left));
      if (!left.failure) right = ask_halves(right_cards, std::move(right));
    }
    std::move(right.cards.begin(), right.cards.end(), std::back_inserter(left.cards));
    if (!left.failure) left.failure = right.failure;
    left.refused = false;
    return left;
  }
};

PlatformClient::PlatformClient(Account& account, ClientPorts ports)
    : impl_(std::make_unique<Impl>(account, std::move(ports))) {}
PlatformClient::~PlatformClient() = default;

int PlatformClient::max_batch() const {
  return impl_->profile.max_batch();
}

PlatformClient::Answers PlatformClient::ask(std::span<const Iccid> cards) {
  const Profile& profile = impl_->profile;
  const bool batch = !profile.batch_steps.empty() && (cards.size() > 1 || profile.card.empty());
  if (batch && !cards.empty()) {
    Impl::Batch asked = impl_->ask_halves(cards, impl_->ask_batch(cards));
    return {std::move(asked.cards), std::move(asked.failure)};
  }
  Answers answers;
  for (const Iccid& card : cards) {
    auto answer = impl_->ask_one(card);
    if (auto* failure = std::get_if<PlatformFailure>(&answer)) {
      answers.failure = std::move(*failure);
      break;
    }
    answers.cards.push_back(std::move(std::get<CardAnswer>(answer)));
  }
  return answers;
}

bool PlatformClient::can(CardAction action) const {
  return impl_->profile.can(action);
}

std::optional<PlatformFailure> PlatformClient::act(const Iccid& card, CardAction action) {
  if (!can(action)) {
    return PlatformFailure{ServiceFault::refused,
                           "the profile " + impl_->profile.name + " has no steps to " +
                               std::string{card_action_names[action]} + " a card"};
  }
  Impl::Saved saved;
  for (const Step& step : impl_->profile.steps(action)) {
    const StepResult result = impl_->run_step(step, Purpose::action, card, nullptr, saved);
    if (result.failure && step.optional && result.is_of_card()) continue;
    if (result.failure) return result.failure;
    if (result.classification == Classification::not_found && !step.optional) {
      return PlatformFailure{ServiceFault::refused, step.name + ": the platform has no such card"};
    }
  }
  return std::nullopt;
}

std::optional<PlatformFailure> PlatformClient::log_in() {
  const LoginResult result = impl_->runner.log_in();
  const auto* failure = std::get_if<PlatformFailure>(&result);
  return failure == nullptr ? std::nullopt : std::optional{*failure};
}

}  // namespace iotcard
