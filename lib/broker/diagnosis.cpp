// SPDX-License-Identifier: Apache-2.0
#include "broker/diagnosis.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "base/file_descriptor.h"
#include "broker/tls_files.h"

namespace iotcard {
namespace {

std::string error_text(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "connection refused: no broker listens there";
    case EINPROGRESS:  // what connect() says after SO_SNDTIMEO
    case ETIMEDOUT:
      return "no answer";
    default:
      return std::generic_category().message(error);
  }
}

void limit_waiting(int socket, std::chrono::milliseconds patience) {
  const timeval limit{.tv_sec = patience.count() / 1000, .tv_usec = patience.count() % 1000 * 1000};
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> unused;
  return inet_pton(AF_INET, host.c_str(), unused.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), unused.data()) == 1;
}

// What the broker's alert says of our certificate; nullopt: the alert has another cause.
// RFC 8446, 6.2.
std::optional<std::string> refusal_of_our_certificate(const SessionOptions& options) {
  const auto refused = [&](const char* why) {
    return fmt::format("the broker refuses our certificate {}: {}", options.cert_file, why);
  };
  switch (ERR_GET_REASON(ERR_peek_error())) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "the broker wants a certificate of ours, and broker.cert_file names none";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return refused("it has expired");
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
      return refused("it has been revoked");
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return refused("the broker does not trust the authority that signed it");
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      return refused("it is not one for a client, or damaged");
    default:
      return std::nullopt;
  }
}

// With TLS 1.3 the broker checks our certificate after the handshake is over for us: its alert is
// the first thing to read. A broker that accepts the certificate sends nothing before CONNECT.
std::optional<std::string> listen_for_alert(SSL* tls, const SessionOptions& options) {
  char byte = 0;
  if (SSL_peek(tls, &byte, 1) > 0) return std::nullopt;
  return refusal_of_our_certificate(options);
}

std::optional<std::string> tls_handshake(int socket, const std::string& host,
                                         const SessionOptions& options) {
  ERR_clear_error();
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free};
  if (!context) return last_tls_error();
  if (auto problem = load_tls_files(
          context.get(),
          {.ca = options.ca_file, .cert = options.cert_file, .key = options.key_file})) {
    return problem;
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls{SSL_new(context.get()), SSL_free};
  if (!tls || SSL_set_fd(tls.get(), socket) != 1) return last_tls_error();
  if (is_ip_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls.get()), host.c_str());
  } else {
    SSL_set1_host(tls.get(), host.c_str());
    SSL_set_tlsext_host_name(tls.get(), host.c_str());
  }
  if (SSL_connect(tls.get()) == 1) return listen_for_alert(tls.get(), options);
  const long refused = SSL_get_verify_result(tls.get());
  if (refused == X509_V_OK) {
    const auto ours = refusal_of_our_certificate(options);
    return ours ? *ours : last_tls_error();
  }
  return std::string{"the broker's certificate is refused: "} +
         X509_verify_cert_error_string(refused);
}

}  // namespace

std::optional<std::string> diagnose(const BrokerAddress& address, const SessionOptions& options,
                                    std::chrono::milliseconds patience) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int unknown =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (unknown != 0) return std::string{"cannot find the host: "} + gai_strerror(unknown);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses{found, freeaddrinfo};

  std::string reason = "the host has no address";
  for (const addrinfo* at = addresses.get(); at != nullptr; at = at->ai_next) {
    const FileDescriptor socket{::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0)};
    limit_waiting(socket.get(), patience);
    if (connect(socket.get(), at->ai_addr, at->ai_addrlen) != 0) {
      reason = error_text(errno);
      continue;
    }
    if (!address.tls) return std::nullopt;
    const auto refused = tls_handshake(socket.get(), address.host, options);
    return refused ? std::optional{"TLS: " + *refused} : std::nullopt;
  }
  return reason;
}

}  // namespace iotcard
