// SPDX-License-Identifier: Apache-2.0
#include "support/byte_stream.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace iotcard {
namespace {

int connect_to(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    throw std::runtime_error("not a broker: " + host + ":" + port);
  }
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool ok = connect(socket, found->ai_addr, found->ai_addrlen) == 0;
  freeaddrinfo(found);
  if (!ok) {
    close(socket);
    throw std::runtime_error("nobody listens at " + host + ":" + port);
  }
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

[[noreturn]] void fail(const std::string& what) {
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  throw std::runtime_error("TLS: " + what + ": " + (reason != nullptr ? reason : "no reason"));
}

void check(int result, const std::string& what) {
  if (result != 1) fail(what);
}

}  // namespace

void ByteStream::Free::operator()(SSL* tls) const {
  SSL_free(tls);
}

ByteStream::ByteStream(const std::string& url, const TlsClient& tls) {
  const std::size_t host = url.find("://") + 3;
  const std::size_t colon = url.rfind(':');
  const std::string name = url.substr(host, colon - host);
  socket_ = connect_to(name, url.substr(colon + 1));
  if (url.rfind("mqtts:", 0) != 0) return;
  try {
    begin_tls(name, tls);
  } catch (...) {
    close(socket_);
    throw;
  }
}

ByteStream::~ByteStream() {
  close(socket_);
}

void ByteStream::begin_tls(const std::string& host, const TlsClient& tls) {
  // OpenSSL writes without MSG_NOSIGNAL. The threads and processes of a probe's owner: a thread
  // made later inherits this, a process of support/process.h does not.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  ERR_clear_error();
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free};
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  check(SSL_CTX_load_verify_file(context.get(), tls.ca_file.c_str()), tls.ca_file);
  if (!tls.cert_file.empty()) {
    check(SSL_CTX_use_certificate_chain_file(context.get(), tls.cert_file.c_str()), tls.cert_file);
    check(SSL_CTX_use_PrivateKey_file(context.get(), tls.key_file.c_str(), SSL_FILETYPE_PEM),
          tls.key_file);
  }
  tls_.reset(SSL_new(context.get()));
  check(SSL_set_fd(tls_.get(), socket_), "socket");
  check(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), host.c_str()), host);
  check(SSL_connect(tls_.get()), "handshake");
  fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) | O_NONBLOCK);
}

bool ByteStream::wait_for(short events) const {
  pollfd ready{.fd = socket_, .events = events, .revents = 0};
  return poll(&ready, 1, -1) > 0;
}

void ByteStream::write(std::string_view bytes) {
  const std::lock_guard lock{mutex_};
  while (!bytes.empty()) {
    ssize_t sent = 0;
    if (tls_) {
      ERR_clear_error();
      sent = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
      const int error = SSL_get_error(tls_.get(), static_cast<int>(sent));
      if (error == SSL_ERROR_WANT_WRITE && wait_for(POLLOUT)) continue;
    } else {
      sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    if (sent <= 0) throw std::runtime_error("the broker has ended the connection");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t ByteStream::read(char* bytes, std::size_t size) {
  if (tls_) return read_tls(bytes, size);
  const ssize_t got = recv(socket_, bytes, size, 0);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

std::size_t ByteStream::read_tls(char* bytes, std::size_t size) {
  for (;;) {
    {
      const std::lock_guard lock{mutex_};
      ERR_clear_error();
      const int got = SSL_read(tls_.get(), bytes, static_cast<int>(size));
      if (got > 0) return static_cast<std::size_t>(got);
      if (SSL_get_error(tls_.get(), got) != SSL_ERROR_WANT_READ) return 0;
    }
    if (!wait_for(POLLIN)) return 0;
  }
}

void ByteStream::shut_down(int how) {
  shutdown(socket_, how);
}

}  // namespace iotcard
