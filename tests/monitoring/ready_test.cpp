// SPDX-License-Identifier: Apache-2.0
// iotcardctl status --ready, the probe of Nagios and of containers.
#include <sys/stat.h>

#include <atomic>

#include "support/byte_server.h"
#include "support/running_server.h"
#include "support/tls_files.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

Daemon::Options with_api(const std::string& lines = "") {
  Daemon::Options options;
  options.api = true;
  options.toml["api"] = lines;
  return options;
}

// One line on standard output, and nothing else.
void check_probe(const CtlResult& probe, int status, const std::string& line) {
  CHECK(probe.status == status);
  CHECK(probe.out == line + "\n");
  CHECK(probe.err == "");
}

}  // namespace

TEST_CASE("the probe says ready, connecting and unreachable, each in one line with its status") {
  WatchedBroker world;
  const std::string tokens = world.dir.file("tokens");
  const std::string token = "a-secret-token-0123456789";
  write_file(tokens, "r read " + token + "\n");
  chmod(tokens.c_str(), 0600);
  Daemon daemon{world.dir, world.broker.url(), with_api("token_file = \"" + tokens + "\"")};
  daemon.wait_online();
  const auto local = [&] { return ctl(world.dir, daemon, {"status", "--ready"}); };
  const auto remote = [&] {
    return ctl(world.dir, {"status", "--ready", "--api", daemon.api_url() + "/"});
  };
  check_probe(local(), 0, "ready: online");
  check_probe(remote(), 0, "ready: online");
  CHECK(ctl(world.dir, daemon, {"status", "--ready", "--json"}).out ==
        R"({"ready":true,"state":"online","reason":null,"url":")" + daemon.api_url() + "\"}\n");

  world.forget();
  world.broker.stop();
  const std::string waits = "not ready: connecting: the broker is not connected";
  REQUIRE(eventually([&] { return local().status == 1; }));
  check_probe(local(), 1, waits);
  check_probe(remote(), 1, waits);
  const CtlResult json = ctl(world.dir, daemon, {"--json", "status", "--ready"});
  CHECK(json.status == 1);
  CHECK(json.out == R"({"ready":false,"state":"connecting","reason":"the broker is not connected",)"
                    R"("url":")" +
                        daemon.api_url() + "\"}\n");
  world.broker.start();
  CHECK(eventually([&] { return local().status == 0; }));

  CHECK(daemon.terminate() == 0);
  const CtlResult gone = local();
  CHECK(gone.status == 1);
  CHECK(gone.out.starts_with("not ready: " + daemon.api_url() + ": "));
  CHECK(std::count(gone.out.begin(), gone.out.end(), '\n') == 1);
  CHECK(gone.err == "");
}

TEST_CASE("the probe finds the API on its own host by any address and certificate") {
  WatchedBroker world;
  const TlsFiles files = make_tls_files(world.dir, "api", "DNS:cards.example");
  const std::string tokens = world.dir.file("tokens");
  write_file(tokens, "r read a-secret-token-0123456789\n");
  chmod(tokens.c_str(), 0600);
  const std::string https = "token_file = \"" + tokens + "\"\ncert_file = \"" + files.server_cert +
                            "\"\nkey_file = \"" + files.server_key + "\"";
  Daemon::Options options = with_api(https);
  options.start = false;
  Daemon daemon{world.dir, world.broker.url(), options};
  std::string config = read_file(daemon.config_path());
  const std::string loopback = "127.0.0.1:" + std::to_string(daemon.api_port());
  config.replace(config.find(loopback), loopback.size(),
                 "0.0.0.0:" + std::to_string(daemon.api_port()));
  write_file(daemon.config_path(), config);
  daemon.start();
  daemon.wait_online();
  check_probe(ctl(world.dir, daemon, {"status", "--ready"}), 0, "ready: online");
  // A certificate is refused where the address came from the operator.
  const CtlResult remote =
      ctl(world.dir,
          {"status", "--ready", "--api", "https://127.0.0.1:" + std::to_string(daemon.api_port())});
  CHECK(remote.status == 1);
  CHECK(remote.out.find("certificate") != std::string::npos);
}

TEST_CASE("the probe is not misled by a server that is no iotcardd, or that says nothing") {
  TempDir dir;
  RunningServer<httplib::Server> server;
  std::atomic<const char*> body = "<html>ready</html>";
  std::atomic<bool> token_came{false};
  server->Get("/readyz", [&](const httplib::Request& request, httplib::Response& response) {
    if (request.has_header("Authorization")) token_came = true;
    response.set_content(body.load(), "application/json");
  });
  server.start();
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  const std::string token = dir.file("token");
  write_file(token, "a-secret-token-0123456789\n");
  chmod(token.c_str(), 0600);
  const auto probe = [&] {
    return ctl(dir, {"status", "--ready", "--api", url, "--token-file", token});
  };
  const std::string stranger =
      "not ready: " + url + ": it answers 200, and not as the API of iotcardd";
  check_probe(probe(), 1, stranger);
  for (const char* one : {"{}", "[]", R"({"data":{"ready":"yes"}})", R"({"data":true})"}) {
    body = one;
    check_probe(probe(), 1, stranger);
  }
  body = R"({"msg":"no\nentry\u001b[31m"})";
  const CtlResult escaped = probe();
  CHECK(escaped.status == 1);
  CHECK(std::count(escaped.out.begin(), escaped.out.end(), '\n') == 1);
  CHECK(escaped.out.find('\x1b') == std::string::npos);
  CHECK_FALSE(token_came);
}

TEST_CASE("wrong usage of the probe has status 2, and a silent server is left after 3 seconds") {
  TempDir dir;
  const std::string config = dir.file("off.toml");
  write_file(config, "[api]\nlisten = \"\"\n");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"status", "--ready", "--api", "nonsense"},
           {"status", "--ready", "--store", "sqlite:" + dir.file("cards.db")},
           {"--config", config, "status", "--ready"},
           {"status", "--readi"}}) {
    const CtlResult wrong = ctl(dir, words);
    INFO(wrong.err);
    CHECK(wrong.status == 2);
    CHECK(wrong.out == "");
  }
  const ByteServer silent{[](ByteServer::Connection& connection) { connection.wait_for_end(); }};
  const auto began = std::chrono::steady_clock::now();
  const CtlResult waited =
      ctl(dir, {"status", "--ready", "--api", "http://127.0.0.1:" + std::to_string(silent.port())});
  const auto time = std::chrono::steady_clock::now() - began;
  CHECK(waited.status == 1);
  CHECK(waited.out.starts_with("not ready: "));
  CHECK(time > std::chrono::milliseconds{2500});
  CHECK(time < patience);
}
