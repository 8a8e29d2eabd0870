// SPDX-License-Identifier: Apache-2.0
// server_certificate.h - The certificate chain and the key of HTTPS, as GnuTLS wants them. Reads
// files when it is made. Immutable; any thread.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

namespace iotcard {

// Its message names the key of the configuration and the file.
class CertificateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ServerCertificate {
 public:
  // PEM: the server's certificate, then those that sign it; and its key, without a pass phrase.
  // null if both paths are "". Throws CertificateError.
  static std::shared_ptr<const ServerCertificate> load(const std::string& cert_file,
                                                       const std::string& key_file);
  ~ServerCertificate();
  ServerCertificate(const ServerCertificate&) = delete;
  ServerCertificate& operator=(const ServerCertificate&) = delete;

  struct Parts;  // of GnuTLS; server_tls.cpp
  const Parts& parts() const { return *parts_; }

 private:
  explicit ServerCertificate(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace iotcard
