// SPDX-License-Identifier: Apache-2.0
// The secret of a webhook and its signature, against the vector of the Standard Webhooks project.
#include "webhook/webhook_key.h"

#include <catch2/catch.hpp>

#include "base/base64.h"

using namespace iotcard;
using Catch::Contains;

namespace {

WebhookKey key_of(const std::string& text) {
  const auto key = webhook_key(text);
  REQUIRE(std::holds_alternative<WebhookKey>(key));
  return std::get<WebhookKey>(key);
}

std::string problem_of(const std::string& text) {
  const auto key = webhook_key(text);
  REQUIRE(std::holds_alternative<Problem>(key));
  return std::get<Problem>(key).text;
}

}  // namespace

TEST_CASE("a signature is the one that Standard Webhooks publishes for the same message") {
  const WebhookKey key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  CHECK(webhook_signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                          R"({"test": 2432232314})") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("a secret is whsec_ and base64, or the text itself, without its line end") {
  CHECK(key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").bytes ==
        from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  const std::string raw = "twenty-four bytes of it!";
  CHECK(raw.size() == min_webhook_key_bytes);
  CHECK(key_of(raw + "\r\n").bytes == raw);
}

TEST_CASE("a short or broken secret is refused, and the message does not quote it") {
  for (const std::string& text :
       {std::string{}, std::string{"twenty-three bytes of it"}.substr(1), std::string{"whsec_"},
        "whsec_" + base64("twenty-three bytes long"),
        std::string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZI!"},
        "whsec_" + base64(std::string(25, 'x')).substr(0, 34),  // without its padding
        std::string{"two lines of a secret\nwhich is long enough"}}) {
    INFO(text);
    const std::string problem = problem_of(text);
    CHECK_FALSE(problem.empty());
    if (text.size() > 8) CHECK_THAT(problem, !Contains(text.substr(6)));
  }
  CHECK_THAT(problem_of("short"), Contains("at least 24 bytes") && Contains("openssl rand"));
}

TEST_CASE("base64 is decoded as it is encoded, and nothing else is") {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    CHECK(from_base64(base64(text)) == text);
  }
  for (const char* text :
       {"Zg", "Zg=", "Zh==", "Zm9v\n", " Zm9v", "Zm9=v", "====", "Zm9-", "Zg==Zg=="}) {
    INFO(text);
    CHECK(from_base64(text) == std::nullopt);
  }
}
