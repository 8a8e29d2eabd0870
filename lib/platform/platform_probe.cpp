// SPDX-License-Identifier: Apache-2.0
#include "platform/platform_probe.h"

#include <fmt/format.h>

#include <random>
#include <utility>

namespace iotcard {

PlatformProbe probe_platform(const Platform& platform, const std::optional<Iccid>& card,
                             const std::function<bool()>& go_on,
                             const std::function<void(const HttpExchange&)>& trace) {
  const SystemClock clock;
  const auto http = make_http_client(platform.http);
  Account account{platform.profile, platform.access};
  std::mt19937 random{std::random_device{}()};
  PlatformClient client{account,
                        {.http = *http,
                         .now = [&] { return clock.now(); },
                         .random = [&] { return static_cast<std::uint32_t>(random()); },
                         .admit = go_on,
                         .trace = trace,
                         .unknown_value = [](const std::string&, const std::string&) {}}};
  PlatformProbe probe;
  if (!card) {
    if (const auto failure = client.log_in()) probe.failure = failure->text;
    return probe;
  }
  PlatformClient::Answers answers = client.ask({&*card, 1});
  if (answers.failure) probe.failure = answers.failure->text;
  if (!answers.cards.empty()) {
    probe.answer = std::move(answers.cards.front());
    if (!probe.answer->failure.empty()) probe.failure = probe.answer->failure;
  }
  return probe;
}

std::vector<std::string> lines_of(const HttpExchange& exchange) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{}: {} {}", exchange.step, exchange.method, exchange.url));
  for (const auto& [name, value] : exchange.headers) {
    lines.push_back(fmt::format("  > {}: {}", name, value));
  }
  if (!exchange.body.empty()) lines.push_back(fmt::format("  > {}", exchange.body));
  const std::string answer =
      exchange.status == 0 ? "no answer" : fmt::format("HTTP {}", exchange.status);
  lines.push_back(fmt::format("  {} in {} ms", answer, exchange.took.count() / 1000));
  if (exchange.failure) {
    lines.push_back(fmt::format("  {}: {}", service_fault_names[exchange.failure->fault],
                                exchange.failure->text));
  }
  for (const FieldChange& field : exchange.fields) {
    lines.push_back(fmt::format("  {} = {}", field.name, field.value));
  }
  for (const std::string& note : exchange.notes) lines.push_back("  " + note);
  return lines;
}

std::string probe_text(const PlatformProbe& probe, const std::optional<Iccid>& card, int calls) {
  if (!card) {
    return calls > 0 ? "logged in"
                     : "this profile has no log-in; name an ICCID to test the credentials";
  }
  if (!probe.answer || probe.answer->kind != CardAnswer::Kind::found) {
    return fmt::format("card {}: the platform does not know it", card->text());
  }
  return fmt::format("card {}: found; nothing was stored", card->text());
}

}  // namespace iotcard
