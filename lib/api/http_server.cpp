// SPDX-License-Identifier: Apache-2.0
#include "api/http_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <microhttpd.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>
#include <utility>

#include "api/certificate_parts.h"
#include "api/http_callbacks.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_interval{200};  // for deadlines, and clients of streams that are gone
constexpr milliseconds stop_patience{1000};
constexpr milliseconds abandon_patience{300};
constexpr milliseconds shortage_pause{50};
constexpr int patient_turns = 8;  // in which the library calls nothing of ours
constexpr milliseconds idle_pause{5};
constexpr milliseconds send_pause{1};                  // a long body is sent without our calls
constexpr std::chrono::minutes handshake_patience{1};  // far beyond the deadline of a head
constexpr int accepted_at_once = 16;
// Of one connection: twice the largest head, as its fields are listed beside it.
constexpr std::size_t pool_bytes = 128 << 10;
constexpr const char* tls_priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

// The library's callback for certificates has no argument of ours.
thread_local HttpServer* serving = nullptr;

bool client_is_there(int socket) {
  pollfd one{socket, POLLRDHUP, 0};
  return poll(&one, 1, 0) == 0;
}

void pause_for(milliseconds time) noexcept {
  const timespec moment{.tv_sec = 0, .tv_nsec = time.count() * 1'000'000};
  nanosleep(&moment, nullptr);
}

}  // namespace

int HttpServer::Callbacks::give_certificate(gnutls_session_t, const gnutls_datum_t*, int,
                                            const gnutls_pk_algorithm_t*, int,
                                            gnutls_pcert_st** chain, unsigned* length,
                                            gnutls_privkey_t* key) noexcept {
  if (serving == nullptr) return -1;
  const std::lock_guard lock{serving->mutex_};
  const auto& parts = serving->state_.certificate->parts();
  *chain = const_cast<gnutls_pcert_st*>(parts.chain.data());
  *length = parts.length;
  *key = parts.key;
  return 0;
}

HttpServer::HttpServer(Dispatcher& dispatcher, const ApiHost& host, Workers& workers,
                       std::size_t max_connections,
                       std::shared_ptr<const ServerCertificate> certificate)
    : dispatcher_(dispatcher),
      host_(host),
      workers_(workers),
      max_connections_(max_connections),
      https_(certificate != nullptr),
      waker_(std::make_shared<Waker>()),
      state_{.certificate = std::move(certificate), .replaced = {}} {
  connections_.reserve(max_connections);
  std::vector<MHD_OptionItem> options {
    {MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool_bytes, nullptr},
        {MHD_OPTION_CONNECTION_LIMIT, static_cast<std::intptr_t>(max_connections + 1), nullptr},
        {MHD_OPTION_NOTIFY_CONNECTION, reinterpret_cast<std::intptr_t>(&Callbacks::connection),
         this},
        {MHD_OPTION_NOTIFY_COMPLETED, reinterpret_cast<std::intptr_t>(&Callbacks::completed), this},
        {MHD_OPTION_URI_LOG_CALLBACK, reinterpret_cast<std::intptr_t>(&Callbacks::target), this},
        {MHD_OPTION_UNESCAPE_CALLBACK, reinterpret_cast<std::intptr_t>(&Callbacks::unescape), this},
#if MHD_VERSION >= 0x01000000
        {MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, nullptr},
#endif
  };
  unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
  if (https_) {
    flags |= MHD_USE_TLS;
    options.push_back(
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, reinterpret_cast<void*>(&Callbacks::give_certificate)});
    options.push_back({MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(tls_priorities)});
  }
  options.push_back({MHD_OPTION_END, 0, nullptr});
  daemon_ = MHD_start_daemon(flags, 0, nullptr, nullptr, &Callbacks::request, this,
                             MHD_OPTION_ARRAY, options.data(), MHD_OPTION_END);
  if (daemon_ == nullptr) throw std::runtime_error{"the HTTP library cannot be started"};
}

HttpServer::~HttpServer() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

void HttpServer::run(Listener& listener) {
  serving = this;
  for (;;) {
    try {
      if (!step(listener)) break;
    } catch (const std::exception& error) {  // out of memory: it passes
      log_problem(host_, "the server of the API paused", error.what());
      pause_for(shortage_pause);
    }
  }
  abandon_all();
  MHD_stop_daemon(daemon_);
  daemon_ = nullptr;
  serving = nullptr;
}

void HttpServer::stop() {
  stop_wanted_ = true;
  waker_->notify();
}

void HttpServer::set_certificate(std::shared_ptr<const ServerCertificate> certificate) {
  const auto now = Clock::now();
  const std::lock_guard lock{mutex_};
  if (!https_ || !certificate) return;  // it begins and ends with the program
  std::erase_if(state_.replaced,
                [&](const auto& old) { return now - old.first > handshake_patience; });
  state_.replaced.emplace_back(now, std::exchange(state_.certificate, std::move(certificate)));
}

// False: it is over.
bool HttpServer::step(Listener& listener) {
  wait(listener);
  waker_->clear();
  const bool stopping = stop_until_ != Clock::time_point{};
  if (stop_wanted_ && !stopping) begin_stop();
  if (!stop_wanted_) accept(listener);
  resume_answered();
  const auto calls = calls_;
  MHD_run(daemon_);
  idle_turns_ = calls == calls_ ? idle_turns_ + 1 : 0;
  const auto now = Clock::now();
  if (now >= next_look_) {
    next_look_ = now + look_interval;
    end_late();
  }
  if (!lingering_.empty()) lingering_.drain();
  if (!stop_wanted_) return true;
  if (connections_.empty()) return false;
  if (now < stop_until_) return true;
  if (abandoned_) return false;
  abandoned_ = true;
  stop_until_ = now + abandon_patience;
  abandon_all();
  return true;
}

void HttpServer::wait(const Listener& listener) {
  const auto now = Clock::now();
  std::array<pollfd, 3 + Lingering::max_sockets> polled{};
  const auto* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD);
  std::size_t count = 0;
  polled[count++] = {info->epoll_fd, POLLIN, 0};
  polled[count++] = {waker_->descriptor(), POLLIN, 0};
  const bool accepting = !stop_wanted_ && now >= accept_from_;
  if (accepting) polled[count++] = {listener.socket(), POLLIN, 0};
  count += lingering_.watch(std::span{polled}.subspan(count));

  const bool quiet = connections_.empty() && lingering_.empty() && accepting;
  MHD_UNSIGNED_LONG_LONG until_next = 0;
  int timeout = quiet ? -1 : static_cast<int>(look_interval.count());
  if (!accepting && !stop_wanted_) timeout = static_cast<int>(shortage_pause.count());
  if (MHD_get_timeout(daemon_, &until_next) == MHD_YES) {
    const auto most = static_cast<MHD_UNSIGNED_LONG_LONG>(look_interval.count());
    int next = static_cast<int>(std::min(until_next, most));
    // The library says 0 also while only the client can go on: in a TLS handshake, and in the size
    // of a chunk. The descriptors that are polled here wake this thread when he does.
    if (idle_turns_ > patient_turns) {
      next = std::max(next, static_cast<int>((is_sending() ? send_pause : idle_pause).count()));
    }
    timeout = timeout < 0 ? next : std::min(timeout, next);
  }
  poll(polled.data(), count, timeout);
  if (polled[0].revents != 0) idle_turns_ = 0;
}

bool HttpServer::is_sending() const {
  return std::ranges::any_of(connections_, [](const auto& connection) {
    return !connection->suspended && connection->stage >= ClientConnection::Stage::sending;
  });
}

void HttpServer::accept(Listener& listener) {
  if (Clock::now() < accept_from_) return;
  // The library, from 1.0 on, takes them only when it runs.
  std::size_t held = connections_.size();
  for (int i = 0; i < accepted_at_once; ++i) {
    const Listener::Accepted made = listener.accept();
    if (made.exhausted) accept_from_ = Clock::now() + shortage_pause;
    if (made.socket < 0) return;
    if (held >= max_connections_) {
      turn_away(made.socket);
      continue;
    }
    // If it fails, the library closes the socket.
    if (MHD_add_connection(daemon_, made.socket, reinterpret_cast<const sockaddr*>(&made.address),
                           made.address_size) == MHD_YES) {
      ++held;
    }
  }
}

void HttpServer::turn_away(int socket) {
  if (!https_) {
    const std::string text =
        raw_error(ApiError{503,
                           {ErrorKey::too_many_connections},
                           "there are too many connections; close one, or try later",
                           {{"Retry-After", "5"}}});
    dispatcher_.requests().answered(503);
    ::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  lingering_.add(socket);
}

void HttpServer::resume_answered() {
  for (const auto& connection : connections_) {
    if (!connection->suspended || !connection->exchange->has_news()) continue;
    connection->suspended = false;
    MHD_resume_connection(connection->handle);
  }
}

void HttpServer::end_late() {
  using Stage = ClientConnection::Stage;
  const auto now = Clock::now();
  for (const auto& connection : connections_) {
    if (connection->ended) continue;
    if (connection->stage == Stage::streaming && !client_is_there(connection->descriptor)) {
      end(*connection);
    } else if (now >= connection->deadline) {
      if (connection->stage == Stage::body) {
        tell_and_end(*connection, ApiError{408, "the body did not come in time"});
      } else if (connection->stage == Stage::head && connection->target_at != nullptr) {
        tell_and_end(*connection, ApiError{408, "the request did not come in time"});
      } else {
        end(*connection);
      }
    }
  }
}

// The library notices that the socket is shut down, and closes the connection.
void HttpServer::end(ClientConnection& connection) {
  connection.ended = true;
  connection.wait_without_limit();
  if (connection.exchange) connection.exchange->abandon();
  shutdown(connection.descriptor, SHUT_RDWR);
  if (!connection.suspended) return;
  connection.suspended = false;
  MHD_resume_connection(connection.handle);
}

// While the request is not complete, the library writes nothing, and takes no answer.
void HttpServer::tell_and_end(ClientConnection& connection, const ApiError& error) {
  try {
    tell(connection, error);
  } catch (const std::exception&) {  // out of memory: it ends without a word
  }
  end(connection);
}

void HttpServer::tell(ClientConnection& connection, const ApiError& error) {
  const std::string text = raw_error(error);
  dispatcher_.requests().answered(error.status());
  if (!connection.is_secure) {
    ::send(connection.descriptor, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return;
  }
  const auto* info = MHD_get_connection_info(connection.handle, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  if (info == nullptr) return;
  gnutls_record_send(static_cast<gnutls_session_t>(info->tls_session), text.data(), text.size());
}

void HttpServer::begin_stop() {
  using Stage = ClientConnection::Stage;
  stop_until_ = Clock::now() + stop_patience;
  for (const auto& connection : connections_) {
    if (connection->stage == Stage::head || connection->stage == Stage::body) end(*connection);
  }
}

void HttpServer::abandon_all() {
  for (const auto& connection : connections_) end(*connection);
}

void HttpServer::linger_on(int socket) noexcept {
  const int own = fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (own >= 0) lingering_.add(own);
}

}  // namespace iotcard
