// SPDX-License-Identifier: Apache-2.0
#include "api_adapter.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "logging.h"

namespace iotcard {

ApiAdapter::ApiAdapter(const Config& config, const std::string& store_id, Ports ports)
    : store_url_(config.store_url), ports_(std::move(ports)) {
  if (config.api.listen.empty()) return;
  ApiHost host;
  host.open_store = [url = store_url_] { return open_existing_store(url); };
  host.open_store_to_read = [url = store_url_] { return open_store_to_read(url); };
  host.facts = ports_.facts;
  host.context = ports_.context;
  host.topics = ports_.topics;
  host.health = ports_.health;
  host.ask = [this](const DeviceKey& device) { return ask(device); };
  host.notify_platforms = ports_.platform_request;
  host.log = [](LogLevel level, const std::string& text) { log_line(level, "API: " + text); };
  ApiOptions options;
  options.listen = config.api.listen;
  options.token_file = config.api.token_file;
  options.cors_origins = config.api.cors_origins;
  options.store_id = store_id;
  server_ = std::make_unique<ApiServer>(std::move(options), std::move(host));
  server_->bind();
}

ApiAdapter::~ApiAdapter() {
  stop();
}

void ApiAdapter::start() {
  if (server_) server_->start();
}

void ApiAdapter::stop() {
  if (server_) server_->stop();
}

void ApiAdapter::set_access(const ApiConfig& config) {
  if (server_) server_->set_access(config.token_file, config.cors_origins);
}

void ApiAdapter::publish_event(const OutboxRow& row) {
  server_->publish_event(row.sequence, row.topic, row.payload);
}

AskResult ApiAdapter::ask(const DeviceKey& device) {
  constexpr std::chrono::seconds patience{5};
  using End = AskResult::End;
  const TopicPattern pattern = ports_.topics().front();
  const auto topic = pattern.request_topic(device);
  if (!topic) return {End::no_topic, "", no_request_topic(pattern)};
  const auto result = pending_publishes_.send_and_wait(
      [&](std::int64_t number) { return ports_.publish_request(number, *topic); }, patience);
  if (!result) return {End::no_answer, *topic, "the broker did not acknowledge the request"};
  if (result->ok) return {End::acknowledged, *topic, ""};
  if (result->reason.empty()) return {End::not_connected, *topic, "the broker is not connected"};
  return {End::refused, *topic, result->reason};
}

}  // namespace iotcard
