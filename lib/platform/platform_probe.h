// SPDX-License-Identifier: Apache-2.0
// platform_probe.h - Tries a card platform by hand: logs in, or asks about one card. Stores
// nothing, and is not counted in the platform's rate. What it shows has no secret in it. Blocks
// until the platform has answered, within its time limits. Any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "platform/platform_client.h"
#include "platform/platform_setup.h"

namespace iotcard {

struct PlatformProbe {
  std::optional<CardAnswer> answer{};  // about the card
  std::string failure{};               // "" for none
};
// `card` nullopt: only logs in. `go_on` is asked before each request; `trace` gets each exchange.
PlatformProbe probe_platform(const Platform& platform, const std::optional<Iccid>& card,
                             const std::function<bool()>& go_on,
                             const std::function<void(const HttpExchange&)>& trace);

// For a person: "login: POST https://…", the request, what came back.
std::vector<std::string> lines_of(const HttpExchange& exchange);
// What a probe without a failure has shown, such as "logged in"; `calls`: exchanges.
std::string probe_text(const PlatformProbe& probe, const std::optional<Iccid>& card, int calls);

}  // namespace iotcard
