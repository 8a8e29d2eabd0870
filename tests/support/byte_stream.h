// SPDX-License-Identifier: Apache-2.0
// byte_stream.h - A TCP connection to a broker, with TLS if its URL is mqtts://, for MqttProbe.
// One thread may read while another writes. Throws std::runtime_error.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace iotcard {

struct TlsClient {
  std::string ca_file;
  std::string cert_file{};  // "": no certificate of our own
  std::string key_file{};
};

class ByteStream {
 public:
  ByteStream(const std::string& url, const TlsClient& tls);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  void write(std::string_view bytes);
  // Blocks until something comes; 0: the connection has ended, in whatever way.
  std::size_t read(char* bytes, std::size_t size);
  void shut_down(int how);  // SHUT_WR, SHUT_RDWR; from any thread

 private:
  void begin_tls(const std::string& host, const TlsClient& tls);
  std::size_t read_tls(char* bytes, std::size_t size);
  bool wait_for(short events) const;

  struct Free {
    void operator()(SSL* tls) const;
  };
  int socket_ = -1;
  std::mutex mutex_;                // an SSL object is for one thread at a time
  std::unique_ptr<SSL, Free> tls_;  // guarded by mutex_ once begun; null: plain TCP
};

}  // namespace iotcard
