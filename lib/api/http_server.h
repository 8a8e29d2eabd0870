// SPDX-License-Identifier: Apache-2.0
// http_server.h - GNU libmicrohttpd as the reader and writer of HTTP/1.1 and of TLS, and no more of
// it: port, threads, deadlines and routes are ours. One thread runs all connections and calls the
// library; each complete request goes to a worker, and its connection is suspended until that has
// an answer. Translates a request into ours and our answer back, and gives every answer the headers
// that keep a browser from doing harm. run() is one thread's; the rest is safe from any.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "api/client_connection.h"
#include "api/dispatcher.h"
#include "api/lingering.h"
#include "api/listener.h"
#include "api/server_certificate.h"
#include "api/waker.h"
#include "api/workers.h"

struct MHD_Daemon;

namespace iotcard {

class HttpServer {
 public:
  // With a certificate it speaks HTTPS only. `workers` can serve more than `max_connections`.
  HttpServer(Dispatcher& dispatcher, const ApiHost& host, Workers& workers,
             std::size_t max_connections, std::shared_ptr<const ServerCertificate> certificate);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Serves what the listener accepts, until stop(). Once.
  void run(Listener& listener);
  // No more requests; ends what waits for a client. run() returns once all connections are over, or
  // after a second and a half.
  void stop();
  // For the next connections; one that shakes hands meanwhile ends with the one it began with.
  void set_certificate(std::shared_ptr<const ServerCertificate> certificate);

 private:
  using Clock = ClientConnection::Clock;
  struct Callbacks;  // what the library calls

  bool step(Listener& listener);
  void wait(const Listener& listener);
  bool is_sending() const;
  void accept(Listener& listener);
  void turn_away(int socket);
  void resume_answered();
  void end_late();
  void begin_stop();
  void abandon_all();
  void end(ClientConnection& connection);
  void tell_and_end(ClientConnection& connection, const ApiError& error);
  void tell(ClientConnection& connection, const ApiError& error);
  void linger_on(int socket) noexcept;

  // http_requests.cpp
  bool begin(ClientConnection& connection, const char* method, const char* version);
  bool add_piece(ClientConnection& connection, std::string_view piece);
  bool complete(ClientConnection& connection);
  bool dispatch(ClientConnection& connection);
  bool resumed(ClientConnection& connection);
  void refuse(ClientConnection& connection, const ApiError& error) const;
  bool send(ClientConnection& connection, bool streams);

  Dispatcher& dispatcher_;
  const ApiHost& host_;
  Workers& workers_;
  const std::size_t max_connections_;
  const bool https_;
  const std::shared_ptr<Waker> waker_;
  MHD_Daemon* daemon_ = nullptr;
  std::vector<std::unique_ptr<ClientConnection>> connections_;  // never grows beyond its capacity
  Lingering lingering_;
  std::uint64_t calls_ = 0;  // of the library to us, but those for blocks of a stream
  int idle_turns_ = 0;       // in which there was none
  Clock::time_point accept_from_{};
  Clock::time_point next_look_{};
  std::atomic<bool> stop_wanted_{false};
  Clock::time_point stop_until_{};  // of run()'s thread; zero: it is not stopping
  bool abandoned_ = false;

  std::mutex mutex_;
  // Guarded by mutex_.
  struct State {
    std::shared_ptr<const ServerCertificate> certificate;
    std::vector<std::pair<Clock::time_point, std::shared_ptr<const ServerCertificate>>> replaced;
  };
  State state_;
};

}  // namespace iotcard
