// SPDX-License-Identifier: Apache-2.0
// platform_client.h - Talks to one card platform as its profile describes: logs in, asks about
// cards, acts on them. Sends requests and reads answers; when to ask, and what to do with the
// answers, is for lib/refresh to decide. Nothing it returns, throws or traces has a secret in it.
// Several clients of one platform share its Account; a client is one thread's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "http/http_client.h"
#include "platform/account.h"
#include "platform/card_answer.h"

namespace iotcard {

// One HTTP exchange, for `platform test` and for the metrics.
struct HttpExchange {
  std::string step;  // "login", or the step's name in the profile
  std::string method;
  std::string url;  // without secrets, as all of the request
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int status = 0;  // of the answer; 0: there was no answer
  std::chrono::microseconds took{};
  std::optional<PlatformFailure> failure;
  // What was read from the answer, and why something was not: "used_bytes: nothing at /data/used".
  std::vector<FieldChange> fields;
  std::vector<std::string> notes;
};

// What the client needs from its owner.
struct ClientPorts {
  HttpClient& http;
  std::function<Instant()> now;
  std::function<std::uint32_t()> random;
  // Called before each request; returns when it may be sent. False: give up (interrupted).
  std::function<bool()> admit;
  std::function<void(const HttpExchange&)> trace;
  // A value that the profile does not map: the name of the field, the value.
  std::function<void(const std::string& field, const std::string& value)> unknown_value;
};

class PlatformClient {
 public:
  PlatformClient(Account& account, ClientPorts ports);
  ~PlatformClient();

  struct Answers {
    // One for each card, in their order. If the platform failed, those from before the failure. A
    // fault that is about one card (refused, unreadable) is an answer `failed` of that card.
    std::vector<CardAnswer> cards;
    std::optional<PlatformFailure> failure;
  };
  Answers ask(std::span<const Iccid> cards);  // at most max_batch() of them
  int max_batch() const;

  // Whether the platform accepted it; whether it was done, only ask() can tell.
  std::optional<PlatformFailure> act(const Iccid& card, CardAction action);
  bool can(CardAction action) const;

  // Only logs in, if the profile has a login.
  std::optional<PlatformFailure> log_in();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iotcard
