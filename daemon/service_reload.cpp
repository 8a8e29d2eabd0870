// SPDX-License-Identifier: Apache-2.0
// What a reload does: the file is read again, and what can change while the daemon runs is
// replaced.
#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

#include <sstream>
#include <utility>

#include "logging.h"
#include "service.h"
#include "settings.h"

namespace iotcard {

void Service::reload() {
  sd_notify(0, "RELOADING=1");
  try {
    load_and_apply();
    spdlog::info("{}: reloaded", config_path_);
  } catch (const std::exception& error) {
    spdlog::error("not reloaded, the running configuration stays in force:");
    std::istringstream lines{error.what()};
    for (std::string line; std::getline(lines, line);) spdlog::error("{}", line);
  }
  sd_notify(0, "READY=1");
}

// What can fail comes first; a failure behind that is undone.
void Service::load_and_apply() {
  Config loaded = load_config(config_path_);
  for (const std::string& key : keep_what_needs_a_restart(config_, loaded)) {
    spdlog::warn("{}: {} has changed; it takes effect at the next start", config_path_, key);
  }
  const bool new_session = needs_new_session(config_, loaded) || !link_.blocked().empty();
  if (new_session && !pipeline_.held_report().empty()) {
    throw ConfigError(config_path_ +
                      ": the broker's connection cannot be changed while a report is held; reload "
                      "again once the journal takes it");
  }
  auto platforms = platforms_.load(loaded);
  auto webhooks = webhooks_.load(loaded);
  auto certificate = api_certificate(loaded.api);
  try {
    api_.set_access(loaded.api.token_file, loaded.api.cors_origins, loaded.api.session_lifetime);
  } catch (const std::exception& error) {
    throw ConfigError(std::string{"the API's tokens and origins stay as they were: "} +
                      error.what());
  }
  try {
    apply(loaded, new_session);
  } catch (const std::exception&) {
    restore(new_session);
    throw;
  }
  platforms_.replace(std::move(platforms));
  webhooks_.replace(std::move(webhooks));
  api_.set_certificate(std::move(certificate));
  config_ = std::move(loaded);
  const std::lock_guard lock{mutex_};
  settings_ = config_.settings;
}

// If this fails too, the process ends, and systemd starts it with the configuration of the file.
void Service::restore(bool new_session) noexcept {
  apply(config_, new_session);
  api_.set_access(config_.api.token_file, config_.api.cors_origins, config_.api.session_lifetime);
}

void Service::apply(const Config& config, bool new_session) {
  set_up_logging(config.log);
  const auto rules = apply_rules(config);
  pipeline_.set_rules(config, rules);
  {
    const std::lock_guard lock{mutex_};
    rules_ = rules;
    installation_ = installation_of(config, config_path_);
    status_topic_ = session_options(config).status_topic;
  }
  card_max_age_ = config.refresh.max_age;
  if (new_session) link_.connect(config);
}

}  // namespace iotcard
