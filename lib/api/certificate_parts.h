// SPDX-License-Identifier: Apache-2.0
// certificate_parts.h - What a ServerCertificate holds. Only for the files that call GnuTLS.
#pragma once

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include <array>

#include "api/server_certificate.h"

namespace iotcard {

struct ServerCertificate::Parts {
  Parts() = default;
  ~Parts() {
    for (unsigned i = 0; i < length; ++i) gnutls_pcert_deinit(&chain[i]);
    if (key != nullptr) gnutls_privkey_deinit(key);
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  static constexpr unsigned max_length = 16;
  std::array<gnutls_pcert_st, max_length> chain{};
  unsigned length = 0;
  gnutls_privkey_t key = nullptr;
};

}  // namespace iotcard
