// SPDX-License-Identifier: Apache-2.0
// What the HTTP API asks of the service, from threads of its own.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "ingest/journal_reader.h"
#include "logging.h"
#include "service.h"
#include "settings.h"

namespace iotcard {

// The port is taken here, before any report: with an address in use the daemon must not begin.
void Service::make_api() {
  if (config_.api.listen.empty()) return;
  ApiHost host;
  host.open_store = [url = config_.store_url] { return open_store(url); };
  host.open_store_to_read = [url = config_.store_url] { return open_store_to_read(url); };
  host.facts = [this] { return live_facts(); };
  host.context = [this](const std::string& by) { return context(by); };
  host.topics = [this] { return rules()->topics; };
  host.health = [this] { return api_health(); };
  host.ask = [this](const DeviceKey& device) { return ask(device); };
  host.notify_platforms = [this] {
    if (const auto platforms = this->platforms()) platforms->notify();
  };
  host.log = [](LogLevel level, const std::string& text) { log_line(level, "API: " + text); };
  ApiOptions options;
  options.listen = config_.api.listen;
  options.token_file = config_.api.token_file;
  options.cors_origins = config_.api.cors_origins;
  options.store_id = store_->id();
  api_ = std::make_unique<ApiServer>(std::move(options), std::move(host));
  api_->bind();
  outbox_.set_listener(
      [this](const OutboxRow& row) { api_->publish_event(row.sequence, row.topic, row.payload); });
}

std::shared_ptr<const ApplyRules> Service::rules() const {
  const std::lock_guard lock{mutex_};
  return rules_;
}

Context Service::context(const std::string& by) const {
  const auto rules = this->rules();
  Context context;
  context.client_id = client_id_;
  context.policy = rules->policy;
  context.read = rules->read;
  context.by = by;
  context.now = clock_.now();
  return context;
}

ApiHealth Service::api_health() const {
  const auto current = session();
  const bool connected = current && current->connected();
  const std::lock_guard lock{mutex_};
  if (!health_.reason.empty()) {
    return {false, health_.state, "reports or events wait; the status topic says why",
            health_.reason};
  }
  if (connected) return {true, health_.state, "", ""};
  return {false, "connecting", "the broker is not connected", connection_};
}

AskResult Service::ask(const DeviceKey& device) {
  constexpr std::chrono::seconds patience{5};
  using Ask = AskResult::End;
  const auto rules = this->rules();
  const auto topic = rules->topics.front().request_topic(device);
  if (!topic) return {Ask::no_topic, "", no_request_topic(rules->topics.front())};
  const auto told = pending_publishes_.ask(
      [&](std::int64_t number) {
        const auto current = session();
        return current && current->publish(number, *topic, "", 1, false);
      },
      patience);
  if (!told) return {Ask::no_answer, *topic, "the broker did not acknowledge the request"};
  if (told->ok) return {Ask::acknowledged, *topic, ""};
  if (told->reason.empty()) return {Ask::not_connected, *topic, "the broker is not connected"};
  return {Ask::refused, *topic, told->reason};
}

LiveFacts Service::live_facts() const {
  const std::shared_ptr<Session> current = session();
  const OutboxCounts events = outbox_.counts();
  LiveFacts facts{.version = version_,
                  .started_at = started_at_,
                  .now = clock_.now(),
                  .degraded = degraded_,
                  .broker_connected = current && current->connected(),
                  .received = intake_.accepted(),
                  .reports = applier_.counts(),
                  .journal_bytes = journal_.backlog(),
                  .journal_oldest = {},
                  .events_published = events.published,
                  .events_refused = events.refused,
                  .events_acknowledged = outbox_.acknowledged(),
                  .platforms = {}};
  if (const auto asked = platforms()) facts.platforms = asked->counts();
  if (facts.journal_bytes == 0) return facts;
  try {
    facts.journal_oldest = first_arrival(journal_.dir(), applier_.applied(), journal_.end());
  } catch (const JournalError&) {
    // The applier meets the same and says so.
  }
  return facts;
}

bool Service::reload_access() {
  if (!api_) return true;
  try {
    api_->set_access(config_.api.token_file, config_.api.cors_origins);
  } catch (const std::runtime_error& error) {
    spdlog::error("the API's tokens and origins stay as they were: {}", error.what());
    return false;
  }
  return true;
}

}  // namespace iotcard
