// SPDX-License-Identifier: Apache-2.0
// platform_client.h - Speaks with one card platform as its profile says: logs in, asks about cards,
// acts on them. Makes requests and reads answers; when to ask, and what to do with what was heard,
// is the refresher's and the store's. Nothing it returns, throws or traces holds a secret.
// Several clients of one platform share its Account; a client is one thread's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "domain/platform_counts.h"
#include "platform/card_answer.h"
#include "platform/http_client.h"
#include "platform/profile.h"

namespace iotcard {

struct PlatformFailure {
  PlatformFault fault;
  std::string text;  // "status: the answer is no JSON at byte 3: …", for people
  std::optional<std::chrono::seconds> retry_after{};  // that the platform asked for
};

// What one [[platform]] section says besides the limits.
struct PlatformAccess {
  std::string base_url;                         // "": the profile's
  std::map<std::string, std::string> settings;  // the profile's own, secrets already read
};
// Settings that are missing, unknown or do not fit, a line each; empty: all is well.
std::vector<std::string> access_problems(const Profile& profile, const PlatformAccess& access);

// One HTTP exchange, for `platform test` and for the metrics.
struct CallTrace {
  std::string step;  // "login", or the step's name in the profile
  std::string method;
  std::string url;                                           // redacted
  std::vector<std::pair<std::string, std::string>> headers;  // likewise, as the next
  std::string body;
  int status = 0;  // of the answer; 0: there was none
  std::chrono::microseconds took{};
  std::optional<PlatformFailure> failure;  // what was made of it
  // What was read from it, and why something was not: "used_bytes: nothing at /data/used".
  std::vector<FieldChange> fields;
  std::vector<std::string> notes;
};

// What all clients of one platform share: the settings, and what the log-in gave. Any thread.
class Account {
 public:
  Account(std::shared_ptr<const Profile> profile, PlatformAccess access);
  ~Account();
  const Profile& profile() const;

 private:
  friend class PlatformClient;
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

// What the client asks of its owner.
struct ClientPorts {
  HttpClient& http;
  std::function<Instant()> now;
  std::function<std::uint32_t()> random;
  // Called before each exchange; returns when it may go out. False: give up (interrupted).
  std::function<bool()> admit;
  std::function<void(const CallTrace&)> trace;
  // A status (or the like) that the profile does not know: the field's name, the value.
  std::function<void(const std::string& field, const std::string& value)> unknown_value;
};

class PlatformClient {
 public:
  PlatformClient(Account& account, ClientPorts ports);
  ~PlatformClient();

  struct Answers {
    // One for each card asked, in their order, unless the platform failed: then those that it had
    // answered before. A fault of one card alone (refused, unreadable) is its own answer `failed`.
    std::vector<CardAnswer> cards;
    std::optional<PlatformFailure> failure;
  };
  // At most max_batch() cards.
  Answers ask(std::span<const Iccid> cards);
  int max_batch() const;

  // What the platform said to it; whether it did it, only ask() can tell. nullopt: it took it.
  std::optional<PlatformFailure> act(const Iccid& card, CardAction action);
  bool can(CardAction action) const;

  // Only logs in, where the profile has that.
  std::optional<PlatformFailure> log_in();

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace iotcard
