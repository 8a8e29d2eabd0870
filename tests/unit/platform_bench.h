// SPDX-License-Identifier: Apache-2.0
// platform_bench.h - A platform client on a scripted HTTP client: the answers are given, the
// requests kept. The real wire is tested elsewhere. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/platform_client.h"
#include "platform/profile.h"
#include "unit/scripted_http.h"

namespace iotcard {

struct PlatformBench {
  PlatformBench(const std::string& toml, std::map<std::string, std::string> settings,
                Instant time = parse_time("2025-01-01T00:00:00Z").value())
      : now(time),
        account(parse_profile(toml, "p.toml"), {"https://api.example", std::move(settings)}),
        client(account, {.http = http,
                         .now = [this] { return now; },
                         .random = [this] { return random++; },
                         .admit =
                             [this] {
                               ++admitted;
                               return admit;
                             },
                         .trace = [this](const HttpExchange& trace) { traces.push_back(trace); },
                         .unknown_value =
                             [this](const std::string& field, const std::string& value) {
                               unknown.push_back({field, value});
                             }}) {}

  void answer(const std::string& body, int status = 200,
              std::vector<std::pair<std::string, std::string>> headers = {}) {
    http.answers.emplace_back(HttpResponse{status, std::move(headers), body});
  }
  PlatformClient::Answers ask(std::initializer_list<std::string> iccids = {card}) {
    std::vector<Iccid> cards;
    for (const std::string& iccid : iccids) cards.push_back(*Iccid::from_canonical(iccid));
    return client.ask(cards);
  }
  // The value of a field in the answer about the first card; "-" if it says nothing of it.
  static std::string field(const PlatformClient::Answers& answers, const std::string& name) {
    for (const FieldChange& field : answers.cards.at(0).fields) {
      if (field.name == name) return field.value;
    }
    return "-";
  }
  // All that left the client for people to see.
  std::string seen() const {
    std::string all;
    for (const HttpExchange& trace : traces) {
      all += trace.step + ' ' + trace.method + ' ' + trace.url + '\n' + trace.body + '\n';
      for (const auto& [name, value] : trace.headers)
        all.append(name).append(": ").append(value).append("\n");
      for (const FieldChange& field : trace.fields)
        all.append(field.name).append("=").append(field.value).append("\n");
      for (const std::string& note : trace.notes) all.append(note).append("\n");
      if (trace.failure) all.append(trace.failure->text).append("\n");
    }
    for (const FieldChange& value : unknown) all.append(value.value).append("\n");
    return all;
  }

  static constexpr const char* card = "89860618050008541476";

  Instant now;
  std::uint32_t random = 0;
  int admitted = 0;
  bool admit = true;
  std::vector<HttpExchange> traces;
  std::vector<FieldChange> unknown;
  ScriptedHttp http;
  Account account;
  PlatformClient client;
};

inline std::string profile_mistakes(const std::string& toml) {
  try {
    parse_profile(toml, "p.toml");
  } catch (const ProfileError& error) {
    return error.what();
  }
  return "";
}

}  // namespace iotcard
