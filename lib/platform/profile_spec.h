// SPDX-License-Identifier: Apache-2.0
// profile_spec.h - What a profile says, as read and checked: the values behind profile.h. How it
// is written in TOML is profile_reader.h's; what is done with it the client's.
// For lib/platform alone. Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/card_fields.h"
#include "platform/card_answer.h"
#include "platform/json_answer.h"
#include "platform/profile.h"
#include "platform/template.h"

namespace iotcard {

struct Setting {
  std::string name;
  bool secret = false;
  std::optional<std::string> default_value{};
  std::vector<std::string> one_of{};
};

// Holds if each of its parts does.
struct Condition {
  std::vector<int> http{};
  std::optional<JsonPath> at{};
  std::vector<std::string> is{};
  std::optional<bool> absent{};
  std::optional<bool> empty{};
  bool only_that_nothing_is_there() const { return http.empty() && is.empty(); }
};
using Conditions = std::vector<Condition>;

struct AnswerRules {
  Conditions login_again, rate_limited, not_found, try_again, ok, denied;
  std::vector<JsonPath> message;
};

// A JSON value whose texts are templates.
struct JsonTemplate {
  enum class Kind : std::uint8_t { text, literal, iccids, array, object };
  Kind kind = Kind::object;
  Template text{};
  std::string literal{};                                         // JSON
  std::vector<std::pair<std::string, JsonTemplate>> elements{};  // names are "" in an array
};

using NamedTemplates = std::vector<std::pair<std::string, Template>>;
struct RequestParts {
  NamedTemplates headers{};
  NamedTemplates query{};
  NamedTemplates form{};
  std::optional<JsonTemplate> json{};
};

struct FieldSource {
  const CardField* field = nullptr;
  std::vector<JsonPath> at{};
  std::vector<JsonPath> sum{};
  std::vector<JsonPath> minus{};
  std::vector<JsonPath> earliest{};
  std::optional<std::string> value{};
  std::optional<Template> unit{};
  std::optional<JsonPath> unit_at{};
  std::optional<Template> zone{};
  std::string map{};  // "": none
};

struct Step {
  std::string name;
  std::string method{};
  Template path{};
  RequestParts parts{};
  JsonPath item{};
  Conditions not_found{};
  Conditions ok{};  // besides those of [answer]
  bool optional = false;
  std::vector<std::pair<std::string, JsonPath>> save{};
  std::optional<JsonPath> iccid{};
  std::vector<FieldSource> fields{};
  // Whether an array at `item` is one of cards: where pointers begin with an index, it is the card.
  bool item_may_be_list() const;
};

struct Login {
  Step step;
  std::chrono::seconds ttl{0};  // 0: until the platform says no
  std::optional<JsonPath> ttl_at{};
};

using ValueMap = std::map<std::string, std::string>;

struct ProfileSpec {
  std::string name;
  std::string base_url;
  std::vector<Setting> settings;
  PlatformLimits limits;
  int batch = 1;
  std::string joiner = ",";
  std::map<std::string, Template> vars;
  RequestParts request;
  RequestParts signature;  // [request.signed]
  std::optional<Login> login;
  AnswerRules answer;
  std::vector<Step> card, batch_steps, suspend, resume;
  std::map<std::string, ValueMap> maps;
  // Settings that must be what they are used for.
  std::set<std::string> zone_settings;
  std::set<std::string> unit_settings;

  const Setting* find_setting(std::string_view wanted) const;
  const std::vector<Step>& steps(CardAction action) const {
    return action == CardAction::suspend ? suspend : resume;
  }
};

// The bytes of one "B", "KB" (10^3), "KiB" (2^10) …; letter case does not matter.
std::optional<std::int64_t> bytes_of_unit(std::string_view unit);

}  // namespace iotcard
