// SPDX-License-Identifier: Apache-2.0
#include "support/tls_files.h"

#include <stdexcept>
#include <vector>

#include "support/process.h"

namespace iotcard {
namespace {

// `command` runs it, if it is not empty.
void openssl(const TempDir& dir, const std::vector<std::string>& arguments,
             std::vector<std::string> command = {}) {
  command.emplace_back("openssl");
  command.insert(command.end(), arguments.begin(), arguments.end());
  Process process{{.command = command, .output = dir.file("openssl"), .env = {}, .input = {}}};
  if (process.wait() != 0) throw std::runtime_error("openssl:\n" + process.tail());
}

void sign(const TempDir& dir, const TlsFiles& files, const std::string& subject,
          const std::string& extensions, const std::string& cert, const std::string& key) {
  openssl(dir, {"req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + subject,
                "-addext",
                extensions,
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-CA",
                files.ca,
                "-CAkey",
                files.ca_key,
                "-out",
                cert,
                "-keyout",
                key});
}

}  // namespace

TlsFiles make_tls_files(const TempDir& dir, const std::string& name, const std::string& host) {
  const std::string base = dir.file(name);
  const TlsFiles files = {.ca = base + "-ca.pem",
                          .ca_key = base + "-ca.key",
                          .server_cert = base + "-server.pem",
                          .server_key = base + "-server.key",
                          .client_cert = base + "-client.pem",
                          .client_key = base + "-client.key"};
  openssl(dir, {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", "/CN=" + name + " authority", "-out", files.ca, "-keyout",
                files.ca_key});
  sign(dir, files, "server", "subjectAltName=" + host, files.server_cert, files.server_key);
  sign(dir, files, "client", "extendedKeyUsage=clientAuth", files.client_cert, files.client_key);
  return files;
}

void expire(const TempDir& dir, const TlsFiles& files, const std::string& cert,
            const std::string& key) {
  const std::string request = cert + ".request";
  openssl(dir, {"x509", "-x509toreq", "-in", cert, "-signkey", key, "-copy_extensions", "copy",
                "-out", request});
  openssl(dir,
          {"x509", "-req", "-in", request, "-CA", files.ca, "-CAkey", files.ca_key, "-set_serial",
           "7", "-copy_extensions", "copy", "-days", "1", "-out", cert},
          {"faketime", "-f", "-3d"});
}

}  // namespace iotcard
