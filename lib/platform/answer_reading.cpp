// SPDX-License-Identifier: Apache-2.0
#include "platform/answer_reading.h"

#include <algorithm>

#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::size_t max_items = 10'000;

bool holds(const Condition& condition, int status, const JsonAnswer& answer, bool empty_body) {
  if (!condition.http.empty() && !contains(condition.http, status)) {
    return false;
  }
  if (!condition.at) return true;
  // In an empty body every value is missing.
  if (empty_body) return condition.absent == true || condition.empty == true;
  if (!answer.is_json()) return false;
  if (condition.names_a_value()) {
    for (const JsonValue* value : find_all(answer.root(), *condition.at).values) {
      const bool is_empty_text = value->IsString() && value->GetStringLength() == 0;
      const auto text = is_empty_text ? std::optional{std::string{}} : text_of(*value);
      if (!text) continue;
      if (contains(condition.is, *text)) return true;
      for (const std::string& end : condition.ends) {
        if (text->ends_with(end)) return true;
      }
    }
    return false;
  }
  const JsonValue* value = find(answer.root(), *condition.at);
  if (condition.empty) return is_empty(value) == *condition.empty;
  return (value == nullptr || value->IsNull()) == *condition.absent;
}

bool any_holds(const Conditions& conditions, int status, const JsonAnswer& answer,
               bool empty_body) {
  return std::ranges::any_of(
      conditions, [&](const Condition& one) { return holds(one, status, answer, empty_body); });
}

}  // namespace

Classification classify(const AnswerRules& rules, const Step& step, Purpose purpose,
                        const HttpResponse& response, const JsonAnswer& answer) {
  const int status = response.status;
  const bool success = status >= 200 && status <= 299;
  const bool empty = response.body.empty();
  const auto all_hold = [&](const Conditions& conditions) {
    return std::ranges::all_of(
        conditions, [&](const Condition& one) { return holds(one, status, answer, empty); });
  };
  const bool ok = success && all_hold(rules.ok) && all_hold(step.ok);
  if (any_holds(rules.login_again, status, answer, empty)) {
    return purpose == Purpose::login ? Classification::denied : Classification::login_again;
  }
  if (status == 429 || any_holds(rules.rate_limited, status, answer, empty))
    return Classification::rate_limited;
  const auto says_not_found = [&](const Condition& one) {
    // A missing value means "not found" only in an answer that is ok otherwise: an error has no
    // card in it either.
    if (one.only_tests_absence() && (!ok || empty)) return false;
    return (answer.is_json() || empty) && holds(one, status, answer, empty);
  };
  const auto is_not_found = [&](const Conditions& conditions) {
    return std::ranges::any_of(conditions, says_not_found);
  };
  if (purpose == Purpose::card && is_not_found(rules.not_found)) return Classification::not_found;
  if (purpose != Purpose::login && is_not_found(step.not_found)) return Classification::not_found;
  if (status >= 500 || any_holds(rules.try_again, status, answer, empty))
    return Classification::try_again;
  if (!answer.is_json()) {
    if (status == 401 || status == 403) return Classification::denied;
    const bool nothing_needed = purpose == Purpose::action && step.save.empty() && empty;
    if (!nothing_needed && (success || !empty)) return Classification::unreadable;
  }
  if (ok) return Classification::ok;
  if (status == 401 || status == 403 || any_holds(rules.denied, status, answer, empty)) {
    return Classification::denied;
  }
  return Classification::refused;
}

std::string why_not_ok(const AnswerRules& rules, const Step& step, const HttpResponse& response,
                       const JsonAnswer& answer) {
  if (response.status < 200 || response.status > 299 || !answer.is_json()) return "";
  for (const Conditions* conditions : {&rules.ok, &step.ok}) {
    for (const Condition& one : *conditions) {
      if (!one.at || holds(one, response.status, answer, response.body.empty())) continue;
      const JsonValue* value = find(answer.root(), *one.at);
      if (value == nullptr) return "nothing at " + one.at->text;
      const auto text = text_of(*value);
      return (text ? '"' + *text + '"' : std::string{"something else"}) + " at " + one.at->text;
    }
  }
  return "";
}

std::string message_of(const AnswerRules& rules, const JsonAnswer& answer) {
  if (!answer.is_json()) return "";
  for (const JsonPath& path : rules.message) {
    if (auto text = find_text(answer.root(), path)) return *text;
  }
  return "";
}

Items find_items(const Step& step, const JsonValue& root) {
  Items found;
  const JsonValue* at_item = find(root, step.item);
  if (at_item == nullptr || at_item->IsNull()) {
    found.problem = "nothing at " + (step.item.text.empty() ? "\"\"" : step.item.text);
    return found;
  }
  if (!step.iccid) {
    found.items.push_back({at_item, std::nullopt});
    return found;
  }
  const auto take = [&](const JsonValue& value) {
    const auto text = find_text(value, *step.iccid);
    auto reading = text ? Iccid::read(*text) : IccidReading{};
    if (reading.iccid) {
      found.items.push_back({&value, std::move(reading.iccid)});
    } else {
      if (!found.unreadable) found.notes.push_back("iccid: no ICCID at " + step.iccid->text);
      found.unreadable = true;
    }
  };
  if (!at_item->IsArray() || !step.item_may_be_list()) {
    take(*at_item);
    return found;
  }
  for (const JsonValue& value : at_item->GetArray()) {
    if (found.items.size() == max_items) {
      found.notes.push_back("more than " + std::to_string(max_items) + " cards in one answer");
      found.unreadable = true;  // the card may be among the others
      break;
    }
    take(value);
  }
  return found;
}

const Item* item_of(const Items& items, const Iccid& card) {
  const Item* strong = nullptr;
  for (const Item& item : items.items) {
    if (!item.iccid) return &item;
    const auto fits = match(*item.iccid, card);
    if (fits == Match::exact) return &item;
    if (fits == Match::strong && strong == nullptr) strong = &item;
  }
  return strong;
}

}  // namespace iotcard
