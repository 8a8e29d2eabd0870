// SPDX-License-Identifier: Apache-2.0
// The whole daemon before a broker whose certificate it refuses, or which refuses its own: the log
// names the broker and the cause, once.
#include <catch2/catch.hpp>
#include <filesystem>

#include "support/daemon.h"
#include "support/mosquitto.h"
#include "support/temp_dir.h"
#include "support/tls_files.h"

using namespace iotcard;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) {
    ++found;
  }
  return found;
}

struct Case {
  std::string name;
  TlsFiles broker;
  TlsFiles daemon;
  std::string reason;  // without the broker's address
};

// Each attempt is two connections: the library's, and the one that finds out why.
constexpr std::size_t connections_of_three_attempts = 6;

void expect_one_line(const TempDir& dir, const Case& test) {
  INFO(test.name);
  Mosquitto broker{dir,
                   {.lines = {"cafile " + test.broker.ca, "certfile " + test.broker.server_cert,
                              "keyfile " + test.broker.server_key, "require_certificate true"}}};
  const std::string url = "mqtts://127.0.0.1:" + std::to_string(broker.port());
  std::string tls = "ca_file = \"" + test.daemon.ca + "\"\n";
  if (!test.daemon.client_cert.empty()) {
    tls += "cert_file = \"" + test.daemon.client_cert + "\"\nkey_file = \"" +
           test.daemon.client_key + "\"\n";
  }
  Daemon daemon{dir, url, {.client_id = test.name, .toml = {{"broker", tls}}}};
  const std::string line = " warning: " + url + ": TLS: " + test.reason + "; trying again\n";
  CHECK(eventually([&] {
    return count(broker.log(), "New connection from 127.0.0.1") >= connections_of_three_attempts;
  }));
  INFO(daemon.log());
  CHECK(count(daemon.log(), line) == 1);
  CHECK(count(daemon.log(), "trying again") == 1);
  CHECK(daemon.terminate() == 0);
}

}  // namespace

TEST_CASE("the daemon's log names broker and cause of a refused certificate once") {
  TempDir dir;
  const TlsFiles good = make_tls_files(dir, "good");
  const TlsFiles other = make_tls_files(dir, "other");
  TlsFiles old_server = good;
  TlsFiles old_client = good;
  old_server.server_cert = dir.file("old-server.pem");
  std::filesystem::copy_file(good.server_cert, old_server.server_cert);
  expire(dir, good, old_server.server_cert, good.server_key);
  old_client.client_cert = dir.file("old-client.pem");
  std::filesystem::copy_file(good.client_cert, old_client.client_cert);
  expire(dir, good, old_client.client_cert, good.client_key);
  TlsFiles foreign = good;
  foreign.client_cert = other.client_cert;
  foreign.client_key = other.client_key;
  TlsFiles none = good;
  none.client_cert = none.client_key = "";

  expect_one_line(dir, {"expired-server", old_server, good,
                        "the broker's certificate is refused: certificate has expired"});
  expect_one_line(dir,
                  {"unknown-server", other, good,
                   "the broker's certificate is refused: self-signed certificate in certificate "
                   "chain"});
  expect_one_line(
      dir, {"expired-client", good, old_client,
            "the broker refuses our certificate " + old_client.client_cert + ": it has expired"});
  expect_one_line(dir, {"foreign-client", good, foreign,
                        "the broker refuses our certificate " + foreign.client_cert +
                            ": the broker does not trust the authority that signed it"});
  expect_one_line(dir, {"no-client", good, none,
                        "the broker wants a certificate of ours, and broker.cert_file names none"});
}

TEST_CASE("the daemon's own certificate opens a broker that wants one") {
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "own");
  Mosquitto broker{dir,
                   {.lines = {"cafile " + files.ca, "certfile " + files.server_cert,
                              "keyfile " + files.server_key, "require_certificate true"}}};
  const std::string url = "mqtts://localhost:" + std::to_string(broker.port());
  Daemon daemon{
      dir,
      url,
      {.toml = {{"broker", "ca_file = \"" + files.ca + "\"\ncert_file = \"" + files.client_cert +
                               "\"\nkey_file = \"" + files.client_key + "\""}}}};
  CHECK(eventually([&] { return count(daemon.log(), "connected to " + url) == 1; }));
  INFO(daemon.log());
  CHECK(count(daemon.log(), "trying again") == 0);
}
