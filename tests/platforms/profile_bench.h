// SPDX-License-Identifier: Apache-2.0
// profile_bench.h - A shipped profile, the client that it drives over the real HTTP client, and
// the simulated platform that it speaks to. One thread, but for what the server may be told.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "platform/platform_client.h"
#include "support/platform_server.h"
#include "support/proxy_settings.h"

namespace iotcard {

using Fault = PlatformServer::Fault;
using Fields = std::map<std::string, std::string>;

// A line for each, so that a difference can be read.
std::string lines(const Fields& fields);

class ProfileBench {
 public:
  // A client of the bench's account, with a connection of its own.
  struct Client {
    explicit Client(ProfileBench& bench);
    std::unique_ptr<HttpClient> http;
    std::mt19937 random{1};
    PlatformClient client;
  };

  // `spoiled` is a setting whose value is wrong; `more` are settings besides those needed, or in
  // their place; `astray` stands behind the base URL.
  explicit ProfileBench(const std::string& name, const std::string& spoiled = "",
                        std::chrono::milliseconds timeout = std::chrono::seconds{20},
                        const simulated::Texts& more = {}, const std::string& astray = "");

  static Iccid iccid(const std::string& text) { return *Iccid::from_canonical(text); }

  PlatformClient& client() { return client_->client; }
  CardAnswer ask(const std::string& text);               // the platform is well
  PlatformFailure ask_in_vain(const std::string& text);  // the platform is not
  Fields fields(const std::string& text);                // of a card that is found
  std::string traced() const;                            // everything that was traced, as one text

  PlatformServer server;
  std::chrono::seconds later{0};  // how far the client's clock is ahead
  std::vector<HttpExchange> traces;
  std::vector<std::pair<std::string, std::string>> unknown;

 private:
  ProxySettings no_proxies_;
  std::chrono::milliseconds timeout_;
  std::unique_ptr<Account> account_;
  std::unique_ptr<Client> client_;
};

}  // namespace iotcard
