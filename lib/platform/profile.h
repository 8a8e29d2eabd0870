// SPDX-License-Identifier: Apache-2.0
// profile.h - How to talk to one kind of card platform, as a TOML file describes it
// (docs/platforms.md has the format). A Profile from load_profile() has been checked: every
// template, pointer, map and condition in it makes sense. Sends nothing. Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "domain/card_fields.h"
#include "platform/card_answer.h"
#include "platform/json_path.h"
#include "platform/template.h"

namespace iotcard {

// what() is one line for each mistake found, "file:line: key: what is expected".
class ProfileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// How often a platform may be asked; a [[platform]] section may set each.
struct PlatformLimits {
  Rate rate;                                  // of HTTP requests
  int concurrency = 1;                        // requests at once
  std::chrono::milliseconds interval{60000};  // between two requests about one card
  std::chrono::milliseconds timeout{30000};   // of one request
};

struct Setting {
  std::string name;
  bool secret = false;
  std::optional<std::string> default_value{};
  std::vector<std::string> one_of{};
};

// True if each of its parts is.
struct Condition {
  std::vector<int> http{};
  std::optional<JsonPath> at{};
  std::vector<std::string> is{};
  std::vector<std::string> ends{};  // what the text ends with
  std::optional<bool> absent{};
  std::optional<bool> empty{};
  bool names_a_value() const { return !is.empty() || !ends.empty(); }
  bool only_tests_absence() const { return http.empty() && !names_a_value(); }
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
  // Whether an array at `item` is a list of cards: if pointers begin with an index, it is one card.
  bool item_may_be_list() const;
};

// One request of a login. A later one may use {login.NAME} of what an earlier one has saved.
struct LoginStep {
  Step step;
  // Where this request goes instead of to the platform's base URL: "https://…", or "{setting}".
  std::optional<Template> base_url{};
  std::chrono::seconds ttl{0};  // 0: until the platform refuses it
  std::optional<JsonPath> ttl_at{};
};

using ValueMap = std::map<std::string, std::string>;

struct Profile {
  std::string name;      // "SIMBoss"
  std::string base_url;  // "": the [[platform]] section must have one
  std::vector<Setting> settings;
  PlatformLimits limits;
  int batch = 1;
  std::string joiner = ",";
  std::map<std::string, Template> vars;
  RequestParts request;
  RequestParts signature;        // [request.signed]
  std::vector<LoginStep> login;  // one after another; empty: there is none
  AnswerRules answer;
  std::vector<Step> card, batch_steps, suspend, resume;
  std::map<std::string, ValueMap> maps;
  // Settings whose values must be zones, units or URLs, because they are used as such.
  std::set<std::string> zone_settings;
  std::set<std::string> unit_settings;
  std::set<std::string> url_settings;

  int max_batch() const { return batch_steps.empty() ? 1 : batch; }  // cards in one request
  const Setting* find_setting(std::string_view wanted) const;
  const std::vector<Step>& steps(CardAction action) const {
    return action == CardAction::suspend ? suspend : resume;
  }
  bool can(CardAction action) const { return !steps(action).empty(); }
};

// Throws ProfileError, also for a file that cannot be read.
std::shared_ptr<const Profile> load_profile(const std::string& path);
// The same for text; `name` stands for the file in messages.
std::shared_ptr<const Profile> parse_profile(std::string_view text, const std::string& name);

// The file of the profile that a [[platform]] section names: a path if it has a slash, otherwise
// NAME.toml in the first of the folders that has it. nullopt: none has it.
std::optional<std::string> find_profile(const std::string& profile,
                                        const std::vector<std::string>& folders);

// What a text names that is used as a zone: the offset from UTC; nullopt: none.
std::optional<Duration> offset_of_zone(const std::string& zone);
inline constexpr const char* zone_expected = "UTC, or what it is ahead of UTC, such as +08:00";
inline constexpr const char* unit_expected = "B, KB, KiB, MB, MiB, GB or GiB";
bool is_base_url(std::string_view text);
inline constexpr const char* url_expected =
    "https://HOST/PATH, without a / at its end, a query and a user name";
// The bytes of one "B", "KB" (10^3), "KiB" (2^10) …; letter case does not matter.
std::optional<std::int64_t> bytes_of_unit(std::string_view unit);

}  // namespace iotcard
