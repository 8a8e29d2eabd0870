// SPDX-License-Identifier: Apache-2.0
#include "api/server_certificate.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "api/certificate_parts.h"
#include "base/small_file.h"

namespace iotcard {
namespace {

gnutls_datum_t datum(const std::string& text) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),
          static_cast<unsigned>(text.size())};
}

std::string pem_file(const char* key, const std::string& path) {
  auto read = read_small_file(path);
  if (const auto* problem = std::get_if<Problem>(&read)) {
    throw CertificateError{fmt::format("{}: {}: {}", key, path, problem->text)};
  }
  return std::get<SmallFile>(std::move(read)).text;
}

bool same_key(gnutls_pubkey_t certified, gnutls_privkey_t key) {
  gnutls_pubkey_t own = nullptr;
  if (gnutls_pubkey_init(&own) < 0) throw std::bad_alloc{};
  std::array<std::array<unsigned char, 64>, 2> ids{};
  std::array<std::size_t, 2> sizes{64, 64};
  const bool read = gnutls_pubkey_import_privkey(own, key, 0, 0) >= 0 &&
                    gnutls_pubkey_get_key_id(certified, 0, ids[0].data(), &sizes[0]) >= 0 &&
                    gnutls_pubkey_get_key_id(own, 0, ids[1].data(), &sizes[1]) >= 0;
  gnutls_pubkey_deinit(own);
  return read && sizes[0] == sizes[1] && ids[0] == ids[1];
}

}  // namespace

ServerCertificate::ServerCertificate(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ServerCertificate::~ServerCertificate() = default;

std::shared_ptr<const ServerCertificate> ServerCertificate::load(const std::string& cert_file,
                                                                 const std::string& key_file) {
  if (cert_file.empty() && key_file.empty()) return nullptr;
  const std::string cert_text = pem_file("api.cert_file", cert_file);
  const std::string key_text = pem_file("api.key_file", key_file);
  auto parts = std::make_unique<Parts>();

  const gnutls_datum_t cert = datum(cert_text);
  unsigned length = Parts::max_length;
  int result = gnutls_pcert_list_import_x509_raw(parts->chain.data(), &length, &cert,
                                                 GNUTLS_X509_FMT_PEM, 0);
  if (result < 0 || length == 0) {
    throw CertificateError{fmt::format("api.cert_file: {}: expected certificates in PEM: {}",
                                       cert_file, gnutls_strerror(result))};
  }
  parts->length = length;

  const gnutls_datum_t key = datum(key_text);
  if (gnutls_privkey_init(&parts->key) < 0) throw std::bad_alloc{};
  result = gnutls_privkey_import_x509_raw(parts->key, &key, GNUTLS_X509_FMT_PEM, nullptr, 0);
  if (result < 0) {
    throw CertificateError{
        fmt::format("api.key_file: {}: expected a private key in PEM, without a pass phrase: {}",
                    key_file, gnutls_strerror(result))};
  }
  if (!same_key(parts->chain[0].pubkey, parts->key)) {
    throw CertificateError{fmt::format(
        "api.key_file: {}: this is not the key of the certificate in {}", key_file, cert_file)};
  }
  return std::shared_ptr<const ServerCertificate>{new ServerCertificate{std::move(parts)}};
}

}  // namespace iotcard
