// SPDX-License-Identifier: Apache-2.0
// answer_reading.h - Tells the answers of a platform apart by its profile's [answer], and finds a
// card's item in them. Pure; one thread at a time. For lib/platform alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/http_client.h"
#include "platform/profile_spec.h"

namespace iotcard {

enum class Verdict : std::uint8_t {
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

Verdict judge(const AnswerRules& rules, const Step& step, Purpose purpose,
              const HttpResponse& response, const JsonAnswer& answer);

// Which condition of `ok` a successful answer does not meet: "nothing at /code", "\"7\" at /code".
// "" if that is not what is wrong.
std::string why_not_ok(const AnswerRules& rules, const Step& step, const HttpResponse& response,
                       const JsonAnswer& answer);

// What the platform says to it, at one of the pointers of `message`; "" for nothing.
std::string message_of(const AnswerRules& rules, const JsonAnswer& answer);

// Of 429 and 503: seconds, or a date (RFC 9110, 10.2.3). At most a day.
std::optional<std::chrono::seconds> retry_after(const HttpResponse& response, Instant now);

// A card's part of an answer.
struct Item {
  const JsonValue* value;
  std::optional<Iccid> iccid;  // where the profile says where
};
struct Items {
  std::vector<Item> items;
  std::vector<std::string> notes;
  bool unreadable = false;  // some have no ICCID where it should be
  std::string problem;      // there is no item at all
};
Items find_items(const Step& step, const JsonValue& root);

// The item that fits the card best: exactly before strongly. nullptr: none does. A step that does
// not say where the ICCID stands has one item, which fits.
const Item* item_of(const Items& items, const Iccid& card);

}  // namespace iotcard
