// SPDX-License-Identifier: Apache-2.0
// dialect.h - What one simulated card platform speaks: its paths, its credentials and signatures,
// its answers, as strict as the real one would be. Checks with code of its own, so that it cannot
// share a mistake with lib/platform. Knows nothing of sockets and faults (platform_server.h).
// Called under the server's lock: one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace iotcard::simulated {

using Texts = std::map<std::string, std::string>;

// A card as the platform keeps it: every text is in the platform's own spelling and unit, and "" is
// what it says nothing of.
struct Card {
  std::string iccid;
  std::string status;
  std::string used{};
  std::string limit{};
  std::string remaining{};
  std::string opened{};
  std::string activated{};
  std::string expires{};
  Texts more{};  // what only this dialect has, by the platform's own name
};

struct Call {
  std::string method;
  std::string path;   // behind the dialect's base path, or all of it if that is not its beginning
  std::string query;  // as it came
  Texts headers;      // names in lower case
  std::string body;
  std::chrono::steady_clock::time_point at;
  int status = 0;      // of the answer; 0: there was none
  bool inside = true;  // the base path is its beginning
};

struct Answer {
  int status = 200;
  std::string body;
  std::string type = "application/json";
  Texts headers{};
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual std::string base_path() const { return ""; }
  // What a [[platform]] section must say to be let in.
  virtual Texts settings() const = 0;
  virtual bool is_log_in(const Call&) const { return false; }
  // Where tokens come from if that is not below the base path: the whole path. In settings() the
  // text "{origin}" stands for http://HOST:PORT of this server.
  virtual std::string log_in_path() const { return ""; }
  virtual Answer answer(const Call& call) = 0;
  virtual Answer too_many() const;  // 429 with Retry-After: 7
  // What stands in the body of a failure that comes with HTTP 200.
  virtual Answer error_in_200() const = 0;
  // Success, and nothing in it.
  virtual Answer nothing() const = 0;

  std::vector<Card> cards;
  bool numbers_as_text = false;  // and texts as numbers, where the platform sends texts
  bool idle = false;             // says that it suspended or resumed, and does nothing
  std::set<std::string> tokens;  // those it takes

 protected:
  Card* find(std::string_view iccid);  // exactly so spelled
  std::string issue_token();
  void set_status(Card& card, const std::string& status) const;
  // JSON of a value that the platform sends as a number, or as a text.
  std::string number(const std::string& value) const;
  std::string number_text(const std::string& value) const;

 private:
  int issued_ = 0;
};

// By the profile's name; nullptr: there is no such.
std::unique_ptr<Dialect> make_dialect(std::string_view name);
std::vector<std::string> dialect_names();

// Thrown by a dialect that refuses a request.
struct Refused {
  Answer answer;
};

std::string in_quotes(std::string_view text);       // a JSON text
std::string quoted_or_null(std::string_view text);  // "" is null
std::string array_of(const std::vector<std::string>& values);

std::string decoded(std::string_view text);  // percent-encoded, as in a form: '+' is a blank
// "k=v&k=v"; a key that stands there twice, or nothing that is "k=v", gets a key "?", which nobody
// expects.
Texts parameters(std::string_view text);
// A JSON object by the pointers to its leaves; each value as JSON: {"/data/version", "\"1.0\""}.
// What is no object gives {"?", …}.
Texts leaves(std::string_view json);
// Whether it has all of these keys and no others.
bool has_just(const Texts& texts, std::initializer_list<std::string_view> keys);
std::string header(const Call& call, const std::string& lower_case_name);
bool is_json(const Call& call);
bool is_form(const Call& call);
// The pieces of a path: "/sims/1/quota" → {"sims", "1", "quota"}, decoded.
std::vector<std::string> pieces(std::string_view path);

// "k=v&k=v" in the order of the keys, not percent-encoded.
std::string sorted(const Texts& texts);
std::string digest(const char* algorithm, std::string_view text);  // bytes
std::string hmac_sha256(std::string_view key, std::string_view text);
std::string hex(std::string_view bytes);
std::string base64(std::string_view bytes);
std::string upper(std::string text);
char luhn_digit(std::string_view digits);
bool all_digits(std::string_view text, std::size_t length);
// Whether yyyyMMddHHmmss, on a clock ahead of UTC by so much, is within five minutes of now.
bool is_about_now(std::string_view digits, std::chrono::hours ahead);

}  // namespace iotcard::simulated
