// SPDX-License-Identifier: Apache-2.0
// The HTTP client of card platforms and whom it trusts: certificates, and proxies that the
// environment names.
#include <openssl/ssl.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <mutex>

#include "http/http_client.h"
#include "support/byte_server.h"
#include "support/proxy_settings.h"
#include "support/running_server.h"
#include "support/tls_files.h"
#include "support/wait.h"

using namespace iotcard;

namespace {

using Kind = HttpError::Kind;
using PlainServer = RunningServer<httplib::Server>;
using TlsServer = RunningServer<httplib::SSLServer>;

template <typename Server>
void answer(Server& server) {
  server->Get(".*", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("it is I", "text/plain");
  });
  server.start();
}

std::string https(std::uint16_t port, const std::string& host = "127.0.0.1") {
  return "https://" + host + ":" + std::to_string(port) + "/";
}

HttpResponse ask(const std::string& url, const std::string& ca_file) {
  HttpOptions options{.timeout = patience, .ca_file = ca_file};
  options.allow_insecure = url.starts_with("http:");
  return make_http_client(options)->send({"GET", url, {{"Authorization", "secret"}}, ""});
}

std::string tls_failure(const std::string& url, const std::string& ca_file) {
  try {
    ask(url, ca_file);
  } catch (const HttpError& error) {
    INFO(error.what());
    CHECK(error.kind() == Kind::tls);
    CHECK(std::string{error.what()}.find("127.0.0.1") == std::string::npos);
    return error.what();
  }
  throw std::runtime_error("it was answered");
}

// A proxy as RFC 9110, 9.3.6 and 3.7 have it: tunnels for CONNECT, and the rest passed on as it
// comes. Whatever host is asked for, it is taken to the one port.
class Proxy {
 public:
  explicit Proxy(std::uint16_t target, const std::string& refusal = "")
      : server_{[this, target, refusal](ByteServer::Connection& connection) {
          const std::string head = connection.read_head();
          {
            const std::lock_guard lock{mutex_};
            heads_.push_back(head);
          }
          if (!refusal.empty()) {
            connection.send("HTTP/1.1 " + refusal + "\r\nContent-Length: 6\r\n\r\nsecret");
          } else if (head.starts_with("CONNECT ")) {
            connection.send("HTTP/1.1 200 Connected\r\nX-Proxy: yes\r\n\r\n");
            connection.carry_to(target);
          } else {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nthe proxy");
          }
        }} {}
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  std::vector<std::string> heads() {
    const std::lock_guard lock{mutex_};
    return heads_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> heads_;  // guarded by mutex_
  ByteServer server_;
};

}  // namespace

TEST_CASE("a server is trusted by the authority that ca_file names, and by no other") {
  const ProxySettings no_proxy;
  TempDir dir;
  const TlsFiles good = make_tls_files(dir, "good");
  const TlsFiles other = make_tls_files(dir, "other");
  TlsServer server{good.server_cert.c_str(), good.server_key.c_str()};
  answer(server);
  CHECK(ask(https(server.port()), good.ca).body == "it is I");
  CHECK_THAT(tls_failure(https(server.port()), other.ca),
             Catch::Contains("the certificate is refused: unable to get local issuer certificate"));
  CHECK_THAT(tls_failure(https(server.port()), ""),
             Catch::Contains("the certificate is refused: unable to get local issuer certificate"));
  CHECK_THAT(tls_failure(https(server.port()), dir.file("no-such.pem")),
             Catch::Contains("no-such.pem"));
  write_file(dir.file("empty.pem"), "");
  CHECK_THAT(tls_failure(https(server.port()), dir.file("empty.pem")),
             Catch::Contains("empty.pem"));
}

TEST_CASE("a certificate for another host is refused, and so is one that has expired") {
  const ProxySettings no_proxy;
  TempDir dir;
  const TlsFiles other = make_tls_files(dir, "other-host", "DNS:other.invalid");
  TlsServer other_host{other.server_cert.c_str(), other.server_key.c_str()};
  answer(other_host);
  CHECK_THAT(tls_failure(https(other_host.port()), other.ca),
             Catch::Contains("it is for another host"));

  const TlsFiles old = make_tls_files(dir, "old");
  expire(dir, old, old.server_cert, old.server_key);
  TlsServer expired{old.server_cert.c_str(), old.server_key.c_str()};
  answer(expired);
  CHECK_THAT(tls_failure(https(expired.port()), old.ca),
             Catch::Contains("certificate has expired"));
}

TEST_CASE("TLS 1.2 is the least") {
  const ProxySettings no_proxy;
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "old-tls");
  for (const int version : {TLS1_1_VERSION, TLS1_2_VERSION}) {
    TlsServer server{[&](SSL_CTX& context) {
      SSL_CTX_set_security_level(&context, 0);  // or OpenSSL would not speak 1.1 itself
      return SSL_CTX_set_min_proto_version(&context, TLS1_VERSION) == 1 &&
             SSL_CTX_set_max_proto_version(&context, version) == 1 &&
             SSL_CTX_use_certificate_chain_file(&context, files.server_cert.c_str()) == 1 &&
             SSL_CTX_use_PrivateKey_file(&context, files.server_key.c_str(), SSL_FILETYPE_PEM) == 1;
    }};
    answer(server);
    if (version == TLS1_2_VERSION) {
      CHECK(ask(https(server.port()), files.ca).body == "it is I");
    } else {
      tls_failure(https(server.port()), files.ca);
    }
  }
}

TEST_CASE("a port without TLS is a fault of TLS, and a port with TLS speaks no plain HTTP") {
  const ProxySettings no_proxy;
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "mixed");
  PlainServer plain;
  answer(plain);
  tls_failure(https(plain.port()), files.ca);

  TlsServer tls{files.server_cert.c_str(), files.server_key.c_str()};
  answer(tls);
  try {
    ask("http://127.0.0.1:" + std::to_string(tls.port()), files.ca);
    FAIL("it was answered");
  } catch (const HttpError& error) {
    CHECK(error.kind() == Kind::unreachable);
  }
}

TEST_CASE(
    "https_proxy and all_proxy name the proxy that tunnels, and no_proxy those it is not for") {
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "tunnel", "DNS:carrier.invalid,IP:127.0.0.1");
  TlsServer server{files.server_cert.c_str(), files.server_key.c_str()};
  answer(server);
  for (const std::string name : {"https_proxy", "HTTPS_PROXY", "all_proxy"}) {
    INFO(name);
    Proxy proxy{server.port()};
    {
      const ProxySettings settings{{{name, proxy.url()}}};
      // A name that only the proxy can know.
      const HttpResponse response = ask("https://carrier.invalid/", files.ca);
      CHECK(response.body == "it is I");
      CHECK(response.header("x-proxy") == nullptr);
      REQUIRE(proxy.heads().size() == 1);
      const std::string head = proxy.heads().front();
      CHECK(head.starts_with("CONNECT carrier.invalid:443 HTTP/1.1\r\n"));
      CHECK(head.find("secret") == std::string::npos);
    }
    const ProxySettings settings{{{name, proxy.url()}, {"no_proxy", "localhost,127.0.0.1"}}};
    CHECK(ask(https(server.port()), files.ca).body == "it is I");
    CHECK(proxy.heads().size() == 1);
  }
}

TEST_CASE("http_proxy is for http:// and not for https://") {
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "plain");
  TlsServer server{files.server_cert.c_str(), files.server_key.c_str()};
  answer(server);
  Proxy proxy{server.port()};
  const ProxySettings settings{{{"http_proxy", proxy.url()}}};
  CHECK(ask("http://carrier.invalid/a?b", files.ca).body == "the proxy");
  REQUIRE(proxy.heads().size() == 1);
  CHECK(proxy.heads().front().starts_with("GET http://carrier.invalid/a?b HTTP/1.1\r\n"));
  CHECK(ask(https(server.port()), files.ca).body == "it is I");
  CHECK(proxy.heads().size() == 1);
}

TEST_CASE("a proxy that refuses or is gone makes the platform unreachable, and says so") {
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "refused", "DNS:carrier.invalid");
  const auto failure = [&](const std::string& proxy) {
    const ProxySettings settings{{{"https_proxy", proxy}}};
    try {
      ask("https://carrier.invalid/", files.ca);
    } catch (const HttpError& error) {
      CHECK(error.kind() == Kind::unreachable);
      return std::string{error.what()};
    }
    throw std::runtime_error("it was answered");
  };
  Proxy refusing{1, "407 Proxy Authentication Required"};
  CHECK(failure(refusing.url()) == "the proxy answered 407");
  Proxy forbidding{1, "403 Forbidden"};
  CHECK(failure(forbidding.url()) == "the proxy answered 403");
  CHECK_THAT(failure("http://127.0.0.1:" + std::to_string(free_port())),
             Catch::Contains("Connection refused"));
}

TEST_CASE("a proxy does not make another host's certificate good") {
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "tunnel", "DNS:other.invalid");
  TlsServer server{files.server_cert.c_str(), files.server_key.c_str()};
  answer(server);
  Proxy proxy{server.port()};
  const ProxySettings settings{{{"https_proxy", proxy.url()}}};
  CHECK_THAT(tls_failure("https://carrier.invalid/", files.ca),
             Catch::Contains("it is for another host"));
}
