// SPDX-License-Identifier: Apache-2.0
// monitored_world.h - A daemon that has every metric: with a card platform, a webhook, and tokens.
// Both answer as they should. One thread.
#pragma once

#include <memory>
#include <string>

#include "support/http_client.h"
#include "support/prometheus_text.h"
#include "support/webhook_receiver.h"
#include "system/platform_world.h"
#include "system/webhook_world.h"

namespace iotcard {

struct MonitoredWorld : WebhookWorld {
  static inline const std::string token = "monitoring-token-0123456789";

  MonitoredWorld() {
    platform.put(simulated_card(documented_card, "00"));
    const std::string tokens = dir.file("tokens");
    write_file(tokens, "prometheus read " + token + "\n");
    chmod(tokens.c_str(), 0600);
    Daemon::Options options = with_platforms(
        platform_section(3, "onelink-v5", platform, no_limits) + section("ops", receiver.url()));
    options.toml["retention"] = "events = 100000";
    options.toml["api"] = "token_file = \"" + tokens + "\"";
    daemon = std::make_unique<Daemon>(dir, broker.url(), options);
    daemon->wait_online();
    report("D1", documented_payload);
    REQUIRE(wait_for("binding/created/1/D1"));
  }
  ~MonitoredWorld() {
    if (test_has_failed()) UNSCOPED_INFO(daemon->tail());
  }

  std::string metrics() const {
    const HttpReply reply =
        http_get(daemon->api_port(), "/metrics", {{"Authorization", "Bearer " + token}});
    REQUIRE(reply.status == 200);
    return reply.body;
  }

  PlatformServer platform{"onelink-v5"};
  WebhookReceiver receiver;
  std::unique_ptr<Daemon> daemon;
};

}  // namespace iotcard
