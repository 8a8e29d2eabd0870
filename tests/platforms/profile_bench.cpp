// SPDX-License-Identifier: Apache-2.0
#include "platforms/profile_bench.h"

namespace iotcard {

std::string lines(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) out += name + " = " + value + '\n';
  return out;
}

ProfileBench::Client::Client(ProfileBench& bench)
    : http(make_http_client({.timeout = bench.timeout_, .allow_insecure = true})),
      client(
          *bench.account_,
          {.http = *http,
           .now =
               [&bench] {
                 return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) +
                        bench.later;
               },
           .random = [this] { return static_cast<std::uint32_t>(random()); },
           .admit = [] { return true; },
           .trace = [&bench](const HttpExchange& trace) { bench.traces.push_back(trace); },
           .unknown_value =
               [&bench](const std::string& field, const std::string& value) {
                 bench.unknown.emplace_back(field, value);
               }}) {}

ProfileBench::ProfileBench(const std::string& name, const std::string& spoiled,
                           std::chrono::milliseconds timeout, const simulated::Texts& more,
                           const std::string& astray)
    : server(name), timeout_(timeout) {
  const auto profile = load_profile(IOTCARD_SOURCE_DIR "/examples/platforms/" + name + ".toml");
  PlatformAccess access{server.base_url() + astray, server.settings()};
  for (const auto& [key, value] : more) access.settings[key] = value;
  if (!spoiled.empty()) access.settings.at(spoiled) += "x";
  for (const std::string& problem : access_problems(*profile, access)) FAIL(problem);
  account_ = std::make_unique<Account>(profile, access);
  client_ = std::make_unique<Client>(*this);
}

CardAnswer ProfileBench::ask(const std::string& text) {
  const Iccid card = iccid(text);
  const PlatformClient::Answers answers = client().ask({&card, 1});
  INFO((answers.failure ? answers.failure->text : ""));
  REQUIRE_FALSE(answers.failure);
  REQUIRE(answers.cards.size() == 1);
  REQUIRE(answers.cards[0].asked == card);
  return answers.cards[0];
}

PlatformFailure ProfileBench::ask_in_vain(const std::string& text) {
  const Iccid card = iccid(text);
  const PlatformClient::Answers answers = client().ask({&card, 1});
  REQUIRE(answers.failure);
  CHECK(answers.cards.empty());
  return *answers.failure;
}

Fields ProfileBench::fields(const std::string& text) {
  const CardAnswer answer = ask(text);
  INFO(answer.failure);
  INFO(traced());
  REQUIRE(answer.kind == CardAnswer::Kind::found);
  Fields out;
  for (const FieldChange& field : answer.fields) out[field.name] = field.value;
  return out;
}

std::string ProfileBench::traced() const {
  std::string out;
  for (const HttpExchange& trace : traces) {
    out += trace.step + ": " + trace.method + ' ' + trace.url + '\n' + trace.body + '\n';
    for (const auto& [name, value] : trace.headers) out += name + ": " + value + '\n';
    for (const std::string& note : trace.notes) out += "note: " + note + '\n';
    if (trace.failure) out += trace.failure->text + '\n';
  }
  return out;
}

}  // namespace iotcard
