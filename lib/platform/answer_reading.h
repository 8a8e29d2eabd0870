// SPDX-License-Identifier: Apache-2.0
// answer_reading.h - Classifies the answers of a platform by its profile's [answer], and finds the
// item of a card in them, with its fields. Pure; any thread. For lib/platform alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/http_client.h"
#include "platform/account.h"
#include "platform/json_answer.h"

namespace iotcard {

enum class Classification : std::uint8_t {
  ok,
  login_again,
  rate_limited,
  not_found,
  try_again,
  denied,
  refused,
  unreadable,
};
enum class Purpose : std::uint8_t { card, action, login };

Classification classify(const AnswerRules& rules, const Step& step, Purpose purpose,
                        const HttpResponse& response, const JsonAnswer& answer);

// Which condition of `ok` is not true of an HTTP success: "nothing at /code", "\"7\" at /code"; ""
// for none.
std::string why_not_ok(const AnswerRules& rules, const Step& step, const HttpResponse& response,
                       const JsonAnswer& answer);

// The text for people, at one of the pointers of `message`; "" for none.
std::string message_of(const AnswerRules& rules, const JsonAnswer& answer);

// The part of an answer that describes one card.
struct Item {
  const JsonValue* value;
  std::optional<Iccid> iccid;  // if the profile has a pointer to it
};
struct Items {
  std::vector<Item> items;
  std::vector<std::string> notes;
  bool unreadable = false;  // some items have no ICCID
  std::string problem;      // why there is no item at all
};
Items find_items(const Step& step, const JsonValue& root);

// The item that matches the card best: exactly before strongly. nullptr: none does. An item without
// an ICCID matches every card.
const Item* item_of(const Items& items, const Iccid& card);

// The fields of a card in one item, as the step describes them. A value that does not fit its field
// is left out and noted. In field_values.cpp.
struct FieldValues {
  std::vector<FieldChange> fields;
  std::vector<std::string> notes;                            // without secrets
  std::vector<std::pair<std::string, std::string>> unknown;  // field, what the platform says
};

FieldValues read_field_values(const Profile& profile, const SettingValues& settings,
                              const Step& step, const JsonValue& item, const Redactor& redactor);

// The later of two values of a field stays.
void merge_fields(std::vector<FieldChange>& fields, const std::vector<FieldChange>& later);

}  // namespace iotcard
