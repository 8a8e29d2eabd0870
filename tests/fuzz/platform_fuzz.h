// SPDX-License-Identifier: Apache-2.0
// platform_fuzz.h - A platform client whose platform always gives the same answer, and what must
// hold of all that comes out of it. One thread.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "domain/card_fields.h"
#include "fuzz.h"
#include "platform/platform_client.h"

namespace iotcard {

inline constexpr std::string_view fuzz_secret = "s3cr3t/+";

inline void require_harmless(std::string_view text) {
  require(is_utf8(text));
  require(text.find(fuzz_secret) == std::string_view::npos);
}

class FuzzPlatform : public HttpClient {
 public:
  explicit FuzzPlatform(HttpResponse answer) : answer_(std::move(answer)) {}
  HttpResponse send(const HttpRequest& request) override {
    require(++sent <= 200);  // whatever it is told
    require(std::any_of(named_.begin(), named_.end(),
                        [&](const std::string& host) { return request.url.starts_with(host); }));
    require(std::none_of(request.url.begin(), request.url.end(),
                         [](char c) { return c <= 0x20 || c == 0x7f; }));
    for (const auto& [name, value] : request.headers) {
      require(value.find_first_of(std::string_view{"\0\r\n", 3}) == std::string::npos);
    }
    return answer_;
  }
  void interrupt() noexcept override {}

  // Asks about one card and about three, and does what it can to one.
  void use(Account& account) {
    named_ = hosts_of(account);
    PlatformClient client{account,
                          {.http = *this,
                           .now = [] { return Instant{std::chrono::hours{24 * 365 * 55}}; },
                           .random = [this] { return random_++; },
                           .admit = [] { return true; },
                           .trace = [](const HttpExchange& trace) { check(trace); },
                           .unknown_value =
                               [](const std::string& field, const std::string& value) {
                                 require(find_card_field(field) != nullptr);
                                 require_harmless(value);
                               }}};
    const std::vector<Iccid> cards = {*Iccid::from_canonical("89860618050008541476"),
                                      *Iccid::from_canonical("8986061805000854002"),
                                      *Iccid::from_canonical("898607B2091700080201")};
    check(client.ask(std::span{cards}.first(1)), 1);
    check(client.ask(cards), 3);
    for (const CardAction action : {CardAction::suspend, CardAction::resume}) {
      if (const auto failure = client.act(cards[0], action)) check(*failure);
    }
  }

  int sent = 0;

 private:
  // What the profile and its section name: nothing else may get a request.
  static std::vector<std::string> hosts_of(const Account& account) {
    std::vector<std::string> hosts = {account.base_url() + '/'};
    for (const LoginStep& step : account.profile().login) {
      if (!step.base_url) continue;
      const TemplatePiece& piece = step.base_url->pieces.at(0);
      hosts.push_back(
          (piece.variable.empty() ? piece.literal : account.settings().at(piece.variable)) + '/');
    }
    return hosts;
  }

  static void check(const PlatformFailure& failure) {
    require_harmless(failure.text);
    require(!failure.text.empty());
    if (failure.retry_after) require(failure.retry_after->count() >= 0);
  }

  static void check(const std::vector<FieldChange>& fields) {
    Card card{*Iccid::from_canonical("8986000000000000000")};
    for (const FieldChange& change : fields) {
      const CardField* field = find_card_field(change.name);
      require(field != nullptr && may_platform_set(*field));
      require(!change.value.empty());
      require_harmless(change.value);
      require(!field->set(card, change.value) && field->get(card) == change.value);
    }
  }

  static void check(const PlatformClient::Answers& answers, std::size_t asked) {
    require(answers.failure ? answers.cards.size() < asked : answers.cards.size() == asked);
    if (answers.failure) check(*answers.failure);
    for (const CardAnswer& card : answers.cards) {
      const bool found = card.kind == CardAnswer::Kind::found;
      require(card.failure.empty() == (card.kind != CardAnswer::Kind::failed));
      require(found || (card.fields.empty() && !card.iccid));
      if (card.iccid) require(match(*card.iccid, card.asked).value_or(Match::weak) != Match::weak);
      require_harmless(card.failure);
      check(card.fields);
    }
  }

  static void check(const HttpExchange& trace) {
    require_harmless(trace.url);
    require_harmless(trace.body);
    for (const auto& [name, value] : trace.headers) require_harmless(value);
    for (const std::string& note : trace.notes) require_harmless(note);
    if (trace.failure) check(*trace.failure);
  }

  HttpResponse answer_;
  std::vector<std::string> named_;
  std::uint32_t random_ = 0;
};

}  // namespace iotcard
