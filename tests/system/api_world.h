// SPDX-License-Identifier: Apache-2.0
// api_world.h - A daemon whose HTTP API answers, with a watched broker. One thread.
#pragma once

#include <microhttpd.h>

#include <catch2/catch.hpp>
#include <string>

#include "support/http_client.h"
#include "system/watched_broker.h"

namespace iotcard {

inline const std::string reader = "reader-token-0123456789";
inline const std::string writer = "writer-token-0123456789";

// libmicrohttpd 1.0, of Debian 13, refuses by itself a few requests that 0.9.75 leaves to us.
inline constexpr bool newer_library = MHD_VERSION >= 0x01000000;

struct ApiWorld : WatchedBroker {
  // `lines` of the configuration, in [api] or in another section.
  explicit ApiWorld(const std::string& lines = "", const std::string& section = "api")
      : daemon(dir, broker.url(), {.toml = {{section, lines}}, .api = true}),
        port(daemon.api_port()) {
    daemon.wait_online();
    REQUIRE(eventually([&] { return accepts_connections(port); }));
  }
  ~ApiWorld() {
    if (test_has_failed()) UNSCOPED_INFO(daemon.tail());
  }
  Daemon daemon;
  std::uint16_t port;
};

}  // namespace iotcard
