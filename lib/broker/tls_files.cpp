// SPDX-License-Identifier: Apache-2.0
#include "broker/tls_files.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>

#include "base/small_file.h"

namespace iotcard {
namespace {

// An encrypted key would be asked for on the terminal.
int no_pass_phrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return 0;
}

// Before OpenSSL opens it: a FIFO would stop the thread.
std::optional<std::string> unreadable(const std::string& path) {
  const auto file = read_small_file(path);
  if (const auto* problem = std::get_if<Problem>(&file)) return path + ": " + problem->text;
  if (std::get<SmallFile>(file).text.empty()) return path + ": it is empty";
  return std::nullopt;
}

std::optional<std::string> load(const std::string& path, const char* expected, auto function) {
  if (path.empty()) return std::nullopt;
  if (auto problem = unreadable(path)) return problem;
  if (function(path.c_str()) == 1) return std::nullopt;
  return path + ": expected " + expected + ": " + last_tls_error();
}

}  // namespace

std::string last_tls_error() {
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  return reason != nullptr ? reason : "the other side does not speak it";
}

std::optional<std::string> load_tls_files(ssl_ctx_st* context, const ClientTlsFiles& files) {
  SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
  if (files.ca.empty()) SSL_CTX_set_default_verify_paths(context);
  auto problem = load(files.ca, "certificates of authorities in PEM",
                      [&](const char* path) { return SSL_CTX_load_verify_file(context, path); });
  if (problem) return problem;
  problem = load(files.cert, "a certificate in PEM", [&](const char* path) {
    return SSL_CTX_use_certificate_chain_file(context, path);
  });
  if (problem) return problem;
  return load(files.key, "the key of that certificate in PEM, without a pass phrase",
              [&](const char* path) {
                return SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM);
              });
}

std::optional<std::string> tls_files_problem(const ClientTlsFiles& files) {
  ERR_clear_error();
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free};
  return context ? load_tls_files(context.get(), files) : last_tls_error();
}

}  // namespace iotcard
