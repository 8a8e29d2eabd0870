// SPDX-License-Identifier: Apache-2.0
// http_server.h - cpp-httplib as the reader and writer of HTTP/1.1, and no more of it: ports,
// threads and routes are ours. Translates a request into ours and our answer back, and gives every
// answer the headers that keep a browser from doing harm. For lib/api only, as it includes the
// library. Any thread; serve() is its caller's until the connection is over.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "api/client_connection.h"
#include "api/dispatcher.h"

namespace iotcard {

class HttpServer : private httplib::Server {
 public:
  HttpServer(Dispatcher& dispatcher, const ApiHost& host);

  void opened(int listening_socket) { svr_sock_ = listening_socket; }
  // Takes a connection in; false: there are too many, and it has been told and closed.
  bool take(int socket, std::size_t most);
  // Nobody can serve it: it is told so, and closed. After take().
  void turn_away(int socket);
  // All its requests, until it is over; closes it. After take().
  void serve(int socket);
  // No more requests; ends what waits for a client. Returns once all are over, or after a second.
  void stop();

 private:
  static void say_full(int socket);
  void serve_requests(ClientConnection& connection);
  HandlerResponse begin(const httplib::Request& request, httplib::Response& response);
  void finish(const httplib::Request& request, httplib::Response& response,
              const httplib::ContentReader& reader);
  void give(ClientConnection& connection, Response&& answer, httplib::Response& response) const;
  void refuse(ClientConnection& connection, const ApiError& error,
              httplib::Response& response) const;
  static void fill_in(const httplib::Request& request, httplib::Response& response);
  void seal(const httplib::Request& request, httplib::Response& response) const;

  Dispatcher& dispatcher_;
  const ApiHost& host_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<int> sockets_;  // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace iotcard
