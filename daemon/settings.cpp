// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <algorithm>

#include "domain/topic_pattern.h"

namespace iotcard {
namespace {

template <typename Value>
void keep(const Value& running, Value& loaded, const char* key, std::vector<std::string>& kept) {
  if (running == loaded) return;
  loaded = running;
  kept.emplace_back(key);
}

// Those of one key, or of all keys of a section.
void keep_settings(const std::vector<SettingInForce>& running, std::vector<SettingInForce>& loaded,
                   std::string_view kept) {
  for (SettingInForce& setting : loaded) {
    if (setting.key != kept && !setting.key.starts_with(std::string{kept} + '.')) continue;
    const auto old = std::ranges::find(running, setting.key, &SettingInForce::key);
    if (old != running.end()) setting = *old;
  }
}

}  // namespace

SessionOptions session_options(const Config& config) {
  SessionOptions options;
  static_cast<BrokerSettings&>(options) = config.broker;
  options.filters = report_sources(config.reports).filters();
  options.optional_filters.push_back(card_state_filter(config.events.prefix));
  options.share = config.reports.share;
  options.qos = config.reports.qos;
  options.status_topic =
      status_topic(config.events.prefix, config.reports.share, config.broker.client_id);
  options.watch_status = true;
  return options;
}

JournalOptions journal_options(const Config& config) {
  return {.dir = config.intake.dir,
          .client_id = config.broker.client_id,
          .sync = config.intake.sync,
          .max_backlog = config.intake.max_backlog,
          .keep = config.intake.keep};
}

std::shared_ptr<const ApplyRules> apply_rules(const Config& config) {
  auto rules = std::make_shared<ApplyRules>();
  rules->sources = report_sources(config.reports);
  rules->prefix = config.events.prefix;
  rules->policy = {config.on_conflict, config.alerts, config.events.mute, config.events.dismissed};
  rules->retention = config.retention;
  rules->device_silent = config.device_silent;
  return rules;
}

Installation installation_of(const Config& config, const std::string& config_path) {
  return {.config_path = config_path,
          .files = named_files(config),
          .intake_dir = config.intake.dir,
          .max_backlog = config.intake.max_backlog,
          .store_file = file_of_store(config.store_url)};
}

std::shared_ptr<const ServerCertificate> api_certificate(const ApiConfig& api) {
  if (api.listen.empty()) return nullptr;
  try {
    return ServerCertificate::load(api.cert_file, api.key_file);
  } catch (const CertificateError& error) {
    throw ConfigError{error.what()};
  }
}

bool needs_new_session(const Config& running, const Config& loaded) {
  return running.broker != loaded.broker ||
         report_sources(running.reports).filters() != report_sources(loaded.reports).filters() ||
         running.reports.qos != loaded.reports.qos ||
         running.reports.share != loaded.reports.share ||
         running.events.prefix != loaded.events.prefix;
}

std::vector<std::string> keep_what_needs_a_restart(const Config& running, Config& loaded) {
  std::vector<std::string> kept;
  keep(running.store_url, loaded.store_url, "store.url", kept);
  keep(running.intake, loaded.intake, "intake", kept);
  keep(running.import, loaded.import, "import", kept);
  keep(running.broker.client_id, loaded.broker.client_id, "broker.client_id", kept);
  if (running.api.listen != loaded.api.listen) {
    // With its tokens: another address may have none.
    loaded.api = running.api;
    kept.emplace_back("api.listen");
  }
  keep(running.api.web, loaded.api.web, "api.web", kept);
  keep(running.api.web_dir, loaded.api.web_dir, "api.web_dir", kept);
  keep(running.api.connections, loaded.api.connections, "api.connections", kept);
  keep(running.api.streams, loaded.api.streams, "api.streams", kept);
  if (running.api.cert_file.empty() != loaded.api.cert_file.empty()) {
    loaded.api.cert_file = running.api.cert_file;
    loaded.api.key_file = running.api.key_file;
    kept.emplace_back("api.cert_file");
  }
  for (const std::string& key : kept) {
    const std::string_view section = key == "api.listen" ? std::string_view{"api"} : key;
    keep_settings(running.settings, loaded.settings, section);
  }
  return kept;
}

}  // namespace iotcard
