// SPDX-License-Identifier: Apache-2.0
// [[webhook]]: what it may say, and what it must.
#include <catch2/catch.hpp>

#include "unit/config_mistakes.h"

using namespace iotcard;
using Catch::Contains;

namespace {

const std::string history = "[retention]\nevents = 1000\n";

// A section that is right, with these lines more.
std::string section(const std::string& more, const std::string& url = "https://ops.example/hook") {
  return "[[webhook]]\nname = \"ops\"\nsecret_file = \"/s\"\nurl = \"" + url + "\"\n" + more + '\n';
}

std::string said(const std::string& toml) {
  return mistakes(history + toml);
}

}  // namespace

TEST_CASE("a webhook has a name, a url and a secret; the rest has defaults") {
  const Config config = parse_config(history + section(""), "x.toml");
  REQUIRE(config.webhooks.size() == 1);
  const WebhookSettings& webhook = config.webhooks[0];
  CHECK(webhook.name == "ops");
  CHECK(webhook.url == "https://ops.example/hook");
  CHECK(webhook.kinds.empty());
  CHECK(webhook.secret_file == "/s");
  CHECK(webhook.timeout == std::chrono::seconds{15});
  CHECK_FALSE(webhook.allow_insecure);
  CHECK_THAT(said("[[webhook]]\n"), Contains("x.toml:3: webhook.name") &&
                                        Contains("x.toml:3: webhook.url") &&
                                        Contains("x.toml:3: webhook.secret_file"));
  CHECK_THAT(said(section("") + section("")), Contains("this one is taken"));
  CHECK_THAT(said(section("colour = 1")), Contains("webhook.colour"));
}

TEST_CASE("a webhook without a history of events is a mistake that says what to set") {
  CHECK_THAT(mistakes("[retention]\nevents = 0\n" + section("")),
             Contains("[retention] events") && Contains("x.toml:4: webhook.name"));
}

TEST_CASE("the kinds of a webhook are named one by one or by their category") {
  const auto kinds = [](const std::string& names) {
    return parse_config(history + section("kinds = [" + names + "]"), "x.toml").webhooks[0].kinds;
  };
  CHECK(kinds("\"card.abnormal\", \"binding.created\"") ==
        std::vector<std::string>{"binding.created", "card.abnormal"});
  const std::vector<std::string> mismatches = kinds("\"mismatch\"");
  CHECK(std::ranges::count(mismatches, "mismatch.card_in_use") == 1);
  CHECK(std::ranges::count(mismatches, "mismatch.cleared") == 1);
  CHECK(std::ranges::count(mismatches, "binding.created") == 0);
  CHECK_THAT(said(section("kinds = [\"mismatches\"]")),
             Contains("x.toml:7: webhook.kinds") && Contains("mismatch.card_in_use"));
  CHECK_THAT(said(section("kinds = []")), Contains("at least one kind"));
}

TEST_CASE("a webhook's url is https, or http to this machine or with leave") {
  for (const char* url :
       {"https://h/", "https://h:8443/a/b?token=x&y=%20", "https://[2001:db8::1]/a",
        "http://127.0.0.1:8000/a", "http://127.1.2.3/", "http://localhost/a", "http://localhost:80",
        "http://[::1]:8000/a", "http://[::1]/a"}) {
    INFO(url);
    CHECK(said(section("", url)) == "");
  }
  for (const char* url : {"http://ops.example/a", "http://10.0.0.1/a", "http://127.0.0.1.example/a",
                          "http://localhost.example/", "http://[::2]/a"}) {
    INFO(url);
    CHECK_THAT(said(section("", url)), Contains("allow_insecure = true"));
    CHECK(said(section("allow_insecure = true", url)) == "");
  }
  for (const char* url :
       {"https://user:pass@h/a", "https://user@h/", "ftp://h/", "h/a", "https://", "https:///a",
        "https://h/#part", "https://h/a b", "https://h:0/", "HTTPS://h/"}) {
    INFO(url);
    CHECK_THAT(said(section("", url)), Contains("x.toml:6: webhook.url: expected https://"));
  }
}

TEST_CASE("a webhook's name can be a label and the name of a thread") {
  for (const char* name : {"", "two words", "a/b", "ä", "\\\"", "x\\ny"}) {
    INFO(name);
    CHECK_THAT(said("[[webhook]]\nname = \"" + std::string{name} +
                    "\"\nsecret_file = \"/s\"\nurl = \"https://h/\"\n"),
               Contains("webhook.name"));
  }
}
