// SPDX-License-Identifier: Apache-2.0
#include "api/api_server.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "api/http_server.h"

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

ApiServer::ApiServer(ApiOptions options, ApiHost host)
    : options_(std::move(options)),
      host_(std::move(host)),
      streams_(options_.store_id, options_.limits.streams),
      dispatcher_(options_.limits, host_, streams_),
      // The place of a stream is free before its job has ended.
      workers_(static_cast<std::size_t>(options_.limits.connections + options_.limits.streams +
                                        options_.limits.downloaders)) {
  if (!enabled()) return;
  set_access(options_.token_file, options_.cors_origins, options_.session_lifetime);
  listener_ = std::make_unique<Listener>(options_.listen);
  if (!listener_->loopback() && !dispatcher_.needs_tokens()) {
    throw TokenError{fmt::format(
        "api.listen: {} is no loopback address; that needs an api.token_file", options_.listen)};
  }
  http_ = std::make_unique<HttpServer>(dispatcher_, host_, workers_,
                                       static_cast<std::size_t>(options_.limits.connections),
                                       options_.certificate);
}

ApiServer::~ApiServer() {
  stop();
}

void ApiServer::set_access(const std::string& token_file, std::vector<std::string> cors_origins,
                           std::chrono::seconds session_lifetime) {
  if (!enabled()) return;
  Access access{Tokens::load(token_file), std::move(cors_origins), session_lifetime};
  if (listener_ && !listener_->loopback() && !access.tokens.needed()) {
    throw TokenError{"api.token_file: expected for an address that is not loopback"};
  }
  dispatcher_.set_access(std::move(access));
}

void ApiServer::set_certificate(std::shared_ptr<const ServerCertificate> certificate) {
  if (http_) http_->set_certificate(std::move(certificate));
}

void ApiServer::start() {
  if (!listener_) return;
  dispatcher_.start();
  thread_ = std::thread{[this] { run(); }};
}

void ApiServer::stop() {
  if (!listener_) return;
  dispatcher_.stop();  // answers requests that wait for the store
  streams_.ring().close();
  http_->stop();
  if (thread_.joinable()) thread_.join();
  workers_.join();
  listener_.reset();
}

void ApiServer::run() {
  be_an_api_thread();
  http_->run(*listener_);
}

void ApiServer::publish_event(std::int64_t sequence, std::string_view topic, std::string payload) {
  streams_.ring().push({sequence, type_in(topic), std::move(payload)});
}

}  // namespace iotcard
