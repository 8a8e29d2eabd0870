// SPDX-License-Identifier: Apache-2.0
#include "api/api_server.h"

#include <fmt/format.h>

#include <stdexcept>
#include <thread>
#include <utility>

#include "api/dispatcher.h"
#include "api/event_stream.h"
#include "api/http_server.h"
#include "api/listener.h"
#include "api/workers.h"

namespace iotcard {
namespace {

// "binding.created" of "event/binding/created/1/D6O0RUN27PPP".
std::string type_in(std::string_view topic) {
  constexpr std::string_view first = "event/";
  if (topic.starts_with(first)) topic.remove_prefix(first.size());
  const std::size_t slash = topic.find('/');
  if (slash == std::string_view::npos) return std::string{topic};
  const std::string_view rest = topic.substr(slash + 1);
  return std::string{topic.substr(0, slash)} + '.' + std::string{rest.substr(0, rest.find('/'))};
}

}  // namespace

class ApiServer::Impl {
 public:
  Impl(ApiOptions options, ApiHost host)
      : options_(std::move(options)),
        host_(std::move(host)),
        streams_(options_.store_id, options_.limits.streams),
        dispatcher_(options_.limits, host_, streams_),
        http_(dispatcher_, host_) {
    set_access(options_.token_file, options_.cors_origins);
  }
  ~Impl() { stop(); }

  void set_access(const std::string& token_file, std::vector<std::string> cors_origins) {
    Access access{Tokens::load(token_file), std::move(cors_origins)};
    if (listener_ && !listener_->loopback() && access.tokens.empty()) {
      throw TokenError{"api.token_file: expected for an address that is not loopback"};
    }
    dispatcher_.set_access(std::move(access));
  }

  void bind() {
    if (listener_) return;
    auto listener = std::make_unique<Listener>(options_.listen);
    if (!listener->loopback() && !dispatcher_.has_tokens()) {
      throw std::runtime_error{fmt::format(
          "api.listen: {} is no loopback address; that needs an api.token_file", options_.listen)};
    }
    http_.opened(listener->socket());
    listener_ = std::move(listener);
  }

  void start() {
    bind();
    dispatcher_.start();
    thread_ = std::thread{[this] { run(); }};
  }

  void stop() {
    if (!listener_) return;
    dispatcher_.stop();  // answers requests that wait for the store
    listener_->stop();
    if (thread_.joinable()) thread_.join();
    streams_.ring().close();
    http_.stop();
    workers_.join();
    listener_.reset();
  }

  std::uint16_t port() const { return listener_ ? listener_->port() : 0; }
  EventRing& ring() { return streams_.ring(); }
  void platform_request_finished() { dispatcher_.platform_request_finished(); }

 private:
  void run() {
    be_an_api_thread();
    for (int socket = listener_->accept(); socket >= 0; socket = listener_->accept()) {
      if (!http_.take(socket, static_cast<std::size_t>(options_.limits.connections))) continue;
      if (workers_.add([this, socket] { http_.serve(socket); })) continue;
      http_.turn_away(socket);
    }
  }

  const ApiOptions options_;
  const ApiHost host_;
  EventStreams streams_;
  Dispatcher dispatcher_;
  HttpServer http_;
  Workers workers_{static_cast<std::size_t>(options_.limits.connections)};
  std::unique_ptr<Listener> listener_;
  std::thread thread_;
};

ApiServer::ApiServer(ApiOptions options, ApiHost host)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(host))) {}
ApiServer::~ApiServer() = default;

void ApiServer::bind() {
  impl_->bind();
}
void ApiServer::start() {
  impl_->start();
}
void ApiServer::stop() {
  impl_->stop();
}
std::uint16_t ApiServer::bound_port() const {
  return impl_->port();
}
void ApiServer::set_access(const std::string& token_file, std::vector<std::string> cors_origins) {
  impl_->set_access(token_file, std::move(cors_origins));
}
void ApiServer::publish_event(std::int64_t sequence, std::string_view topic, std::string payload) {
  impl_->ring().push({sequence, type_in(topic), std::move(payload)});
}
void ApiServer::platform_request_finished() {
  impl_->platform_request_finished();
}

}  // namespace iotcard
