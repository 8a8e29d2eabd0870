// SPDX-License-Identifier: Apache-2.0
// tls_files.h - Certificates of one test's own, made by the openssl command: an authority, a server
// for a host name, a client. Paths of PEM files. One thread.
#pragma once

#include <string>

#include "support/temp_dir.h"

namespace iotcard {

struct TlsFiles {
  std::string ca;
  std::string ca_key;
  std::string server_cert;
  std::string server_key;
  std::string client_cert;
  std::string client_key;
};

// `name` tells several of a test apart; `host` is what the server's certificate is for, such as
// "DNS:localhost,IP:127.0.0.1".
TlsFiles make_tls_files(const TempDir& dir, const std::string& name,
                        const std::string& host = "DNS:localhost,IP:127.0.0.1");
// Has the authority sign one of its certificates anew, in place, so that it ended yesterday.
void expire(const TempDir& dir, const TlsFiles& files, const std::string& cert,
            const std::string& key);

}  // namespace iotcard
