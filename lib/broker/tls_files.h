// SPDX-License-Identifier: Apache-2.0
// tls_files.h - Loads the PEM files of a TLS client as the MQTT library does: trusted authorities,
// certificate and key. No connection. Reads files; never asks for a pass phrase. Any thread.
// Source: OpenSSL 3, SSL_CTX_use_certificate(3).
#pragma once

#include <optional>
#include <string>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace iotcard {

struct ClientTlsFiles {
  std::string ca{};  // "": the system's authorities
  std::string cert{};
  std::string key{};
};

// nullopt: all are loaded. Otherwise "PATH: what is wrong".
std::optional<std::string> load_tls_files(ssl_ctx_st* context, const ClientTlsFiles& files);
// The same, into a context that is used for nothing else.
std::optional<std::string> tls_files_problem(const ClientTlsFiles& files);

// What OpenSSL said last on this thread.
std::string last_tls_error();

}  // namespace iotcard
