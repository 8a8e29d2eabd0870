// SPDX-License-Identifier: Apache-2.0
// remote_world.h - A daemon with tokens, and iotcardctl on its store and through its API. One
// thread.
#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "system/api_world.h"

namespace iotcard {

using Words = std::vector<std::string>;

inline std::ptrdiff_t rows_of(const std::string& json) {
  return json == "[]\n" ? 0 : std::ranges::count(json, '\n') - 2;
}

struct RemoteWorld : WatchedBroker {
  static inline const std::string one = documented_iccid;
  static inline const std::string two = "89860325740000000017";

  RemoteWorld() : tokens(file_of("tokens", "r read " + reader + "\nw write " + writer + "\n")) {
    daemon = std::make_unique<Daemon>(
        dir, broker.url(),
        Daemon::Options{.toml = {{"api", "token_file = \"" + tokens + "\""}}, .api = true});
    daemon->wait_online();
    REQUIRE(eventually([&] { return accepts_connections(daemon->api_port()); }));
    write_token(writer);
  }
  ~RemoteWorld() {
    if (test_has_failed()) UNSCOPED_INFO(daemon->tail());
  }

  std::string file_of(const std::string& name, const std::string& text) const {
    write_file(dir.file(name), text);
    chmod(dir.file(name).c_str(), 0600);
    return dir.file(name);
  }
  void write_token(const std::string& token) { token_file = file_of("token", token + "\n"); }

  CtlResult local(const Words& verb, const std::string& input = "") const {
    return ctl(dir, *daemon, verb, input);
  }
  CtlResult remote(Words verb, const std::string& input = "") const {
    verb.insert(verb.end(), {"--api", daemon->api_url(), "--token-file", token_file});
    return ctl(dir, verb, input);
  }
  // For a person and as JSON.
  void same(const Words& verb, const std::string& input = "") {
    for (const bool json : {false, true}) {
      Words words = verb;
      if (json) words.push_back("--json");
      CAPTURE(words);
      const CtlResult here = local(words, input);
      const CtlResult there = remote(words, input);
      CHECK(there.out == here.out);
      CHECK(there.err == here.err);
      CHECK(there.status == here.status);
    }
  }

  // A fleet with all that lists show.
  void fill() {
    const std::string csv =
        "iccid,platform,status,operator,plan,used_bytes,limit_bytes,expires_at\n" + one +
        ",1,active,\"CT \xe4\xb8\xad\",\"30 MB\",31457280,31457280,\n" + two +
        ",1,suspended,CM,,5,100,2026-12-20\n";
    REQUIRE(local({"card", "import", "-"}, csv).status == 0);
    REQUIRE(local({"card", "set", two, "note=a \"b\""}).status == 0);
    report("D1", documented_payload);
    report("D2", documented_payload);
    report("D3", R"({"iccid":"89860325740000000025","summary":{"b":1.0E5,"a":"\u00e9"},)"
                 R"("longitude":113.12345678901234,"latitude":-0.1,"rssi":"-71"})");
    report("D4", "{\"iccid\":\n");
    report("D5", "{\xff");
    REQUIRE(eventually([&] {
      return rows_of(local({"rejected", "list", "--json"}).out) == 2 &&
             rows_of(local({"device", "list", "--json"}).out) >= 3;
    }));
  }

  const std::string tokens;
  std::string token_file;
  std::unique_ptr<Daemon> daemon;
};

}  // namespace iotcard
