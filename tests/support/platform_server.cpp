// SPDX-License-Identifier: Apache-2.0
#include "support/platform_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "support/wait.h"

namespace iotcard {
namespace {

using simulated::Answer;

constexpr const char* any_path = "[^]*";

// The library does not say which socket a request came by, so it is looked for: ours is the one
// whose two ports are these. Any peer: 0.
template <typename Do>
void for_each_socket(int our_port, int peer_port, Do act) {
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_in ours{};
    sockaddr_in peer{};
    socklen_t size = sizeof ours;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&ours), &size) != 0) continue;
    if (ours.sin_family != AF_INET || ntohs(ours.sin_port) != our_port) continue;
    size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer_port == 0 || ntohs(peer.sin_port) == peer_port) act(fd);
  }
}

void hang_up(int our_port, int peer_port) {
  for_each_socket(our_port, peer_port, [](int fd) { shutdown(fd, SHUT_RDWR); });
}

std::string lower_name(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return text;
}

}  // namespace

class PlatformServer::Impl {
 public:
  explicit Impl(const std::string& name) : dialect_(simulated::make_dialect(name)) {
    if (!dialect_) throw std::runtime_error("no dialect: " + name);
    server_.new_task_queue = [] { return new httplib::ThreadPool(32); };
    server_.set_keep_alive_max_count(100'000);
    server_.set_tcp_nodelay(true);
    const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
      take(request, response);
    };
    server_.Get(any_path, serve);
    server_.Post(any_path, serve);
    server_.Put(any_path, serve);
    server_.Patch(any_path, serve);
    server_.Delete(any_path, serve);
    port_ = server_.bind_to_any_port("127.0.0.1");
    if (port_ <= 0) throw std::runtime_error("no port for the simulated platform");
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
    eventually([this] { return server_.is_running(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock{mutex};
      stopping_ = true;
    }
    ended_.notify_all();
    server_.stop();
    hang_up(port_, 0);
    thread_.join();
  }

  int port() const { return port_; }
  simulated::Dialect& dialect() { return *dialect_; }

  std::mutex mutex;                                        // guards all below and the dialect
  std::deque<std::optional<Fault>> faults, log_in_faults;  // nullopt: that one is well
  std::chrono::milliseconds delay{0};
  bool no_token = false;
  std::vector<Call> calls;
  std::size_t log_ins = 0;
  std::size_t most = 0;

 private:
  void take(const httplib::Request& request, httplib::Response& response) {
    std::unique_lock lock{mutex};
    most = std::max(most, ++in_flight_);
    const std::size_t at = calls.size();
    calls.push_back(call_of(request));
    const bool log_in = calls[at].inside && dialect_->is_log_in(calls[at]);
    if (log_in) ++log_ins;
    if (delay.count() > 0) ended_.wait_for(lock, delay, [this] { return stopping_; });
    std::deque<std::optional<Fault>>& waiting = log_in ? log_in_faults : faults;
    std::optional<Fault> fault;
    if (!waiting.empty()) {
      fault = waiting.front();
      waiting.pop_front();
    }
    if (fault) {
      fail(*fault, at, request, response, lock);
    } else {
      say(answer(calls[at]), calls[at], response);
      if (no_token) dialect_->tokens.clear();
    }
    --in_flight_;
  }

  Call call_of(const httplib::Request& request) const {
    Call call{.method = request.method,
              .path = request.target.substr(0, request.target.find('?')),
              .query = "",
              .headers = {},
              .body = request.body,
              .at = std::chrono::steady_clock::now()};
    if (call.path.size() < request.target.size()) {
      call.query = request.target.substr(call.path.size() + 1);
    }
    const std::string base = dialect_->base_path();
    const bool log_in = !call.path.empty() && call.path == dialect_->log_in_path();
    call.inside = log_in || call.path.compare(0, base.size(), base) == 0;
    if (call.inside && !log_in) call.path.erase(0, base.size());
    for (const auto& [name, value] : request.headers) call.headers[lower_name(name)] = value;
    return call;
  }

  Answer answer(const Call& call) {
    if (!call.inside) return {404, R"({"message":"nothing is here"})"};
    try {
      return dialect_->answer(call);
    } catch (const simulated::Refused& refused) {
      return refused.answer;
    }
  }

  Answer of_another(Answer answer) const {
    for (const Card& card : dialect_->cards) {
      for (std::size_t at = 0; (at = answer.body.find(card.iccid, at)) != std::string::npos;) {
        answer.body.replace(at, card.iccid.size(), "8944110068256270054");
      }
    }
    return answer;
  }

  static void say(const Answer& answer, Call& call, httplib::Response& response) {
    call.status = answer.status;
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers) response.set_header(name, value);
    if (!answer.body.empty()) response.set_content(answer.body, answer.type);
  }

  void fail(Fault fault, std::size_t at, const httplib::Request& request,
            httplib::Response& response, std::unique_lock<std::mutex>& lock) {
    switch (fault) {
      case Fault::rate_limit:
        return say(dialect_->too_many(), calls[at], response);
      case Fault::error_in_200:
        return say(dialect_->error_in_200(), calls[at], response);
      case Fault::other_card:
        return say(of_another(answer(calls[at])), calls[at], response);
      case Fault::nothing:
        return say(dialect_->nothing(), calls[at], response);
      case Fault::garbage:
        return say({200, "\x01{\"status\":\"ACTIVA", "application/json"}, calls[at], response);
      case Fault::html_404:
        return say({404, "<html><title>Not Found</title></html>", "text/html"}, calls[at],
                   response);
      case Fault::gateway_404:
        return say({404, R"({"message":"no Route matched with those values"})"}, calls[at],
                   response);
      case Fault::html_502:
        return say({502, "<html><title>Bad Gateway</title></html>", "text/html"}, calls[at],
                   response);
      case Fault::silence:
        ended_.wait(lock, [this] { return stopping_; });
        return hang_up(port_, request.remote_port);
      case Fault::hang_up:
        return hang_up(port_, request.remote_port);
      case Fault::cut_off:
        response.set_content_provider(1000, "application/json",
                                      [](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                                        return offset == 0 && sink.write("{\"data\":", 8);
                                      });
        return;
    }
  }

  const std::unique_ptr<simulated::Dialect> dialect_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  std::condition_variable ended_;
  bool stopping_ = false;
  std::size_t in_flight_ = 0;
};

PlatformServer::PlatformServer(const std::string& dialect)
    : impl_(std::make_unique<Impl>(dialect)) {}
PlatformServer::~PlatformServer() = default;

std::uint16_t PlatformServer::port() const {
  return static_cast<std::uint16_t>(impl_->port());
}

std::string PlatformServer::base_url() const {
  return fmt::format("http://127.0.0.1:{}{}", impl_->port(), impl_->dialect().base_path());
}

simulated::Texts PlatformServer::settings() const {
  simulated::Texts settings = impl_->dialect().settings();
  constexpr std::string_view origin = "{origin}";
  for (auto& [name, value] : settings) {
    if (value.starts_with(origin)) {
      value.replace(0, origin.size(), fmt::format("http://127.0.0.1:{}", impl_->port()));
    }
  }
  return settings;
}

void PlatformServer::put(Card card) {
  forget(card.iccid);
  const std::lock_guard lock{impl_->mutex};
  impl_->dialect().cards.push_back(std::move(card));
}

void PlatformServer::forget(const std::string& iccid) {
  const std::lock_guard lock{impl_->mutex};
  std::erase_if(impl_->dialect().cards, [&](const Card& card) { return card.iccid == iccid; });
}

PlatformServer::Card PlatformServer::card(const std::string& iccid) const {
  const std::lock_guard lock{impl_->mutex};
  for (const Card& card : impl_->dialect().cards) {
    if (card.iccid == iccid) return card;
  }
  throw std::out_of_range("no card " + iccid);
}

void PlatformServer::fail(Fault fault, std::size_t requests) {
  const std::lock_guard lock{impl_->mutex};
  impl_->faults.insert(impl_->faults.end(), requests, fault);
}

void PlatformServer::fail_after(std::size_t well, Fault fault) {
  const std::lock_guard lock{impl_->mutex};
  impl_->faults.insert(impl_->faults.end(), well, std::nullopt);
  impl_->faults.emplace_back(fault);
}

void PlatformServer::fail_log_in(Fault fault, std::size_t requests) {
  const std::lock_guard lock{impl_->mutex};
  impl_->log_in_faults.insert(impl_->log_in_faults.end(), requests, fault);
}

void PlatformServer::slow_down(std::chrono::milliseconds each) {
  const std::lock_guard lock{impl_->mutex};
  impl_->delay = each;
}

void PlatformServer::expire_tokens() {
  const std::lock_guard lock{impl_->mutex};
  impl_->dialect().tokens.clear();
}

void PlatformServer::keep_no_token(bool whether) {
  const std::lock_guard lock{impl_->mutex};
  impl_->no_token = whether;
}

void PlatformServer::numbers_as_text(bool whether) {
  const std::lock_guard lock{impl_->mutex};
  impl_->dialect().numbers_as_text = whether;
}

void PlatformServer::idle(bool whether) {
  const std::lock_guard lock{impl_->mutex};
  impl_->dialect().idle = whether;
}

std::vector<PlatformServer::Call> PlatformServer::calls() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->calls;
}

std::size_t PlatformServer::log_ins() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->log_ins;
}

std::size_t PlatformServer::asked() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->calls.size() - impl_->log_ins;
}

std::size_t PlatformServer::most_at_once() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->most;
}

}  // namespace iotcard
