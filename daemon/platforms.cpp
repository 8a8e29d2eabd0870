// SPDX-License-Identifier: Apache-2.0
#include "platforms.h"

#include <fmt/format.h>

namespace iotcard {
namespace {

// On the main thread, which must go on; it tries again.
constexpr std::chrono::milliseconds lock_timeout{100};

void add_lines(std::string& mistakes, const ProfileError& error) {
  mistakes.append(mistakes.empty() ? "" : "\n").append(error.what());
}

}  // namespace

void check_platforms(const Config& config) {
  std::string mistakes;
  for (const PlatformSettings& settings : config.platforms) {
    if (settings.profile.empty()) continue;
    try {
      check_platform(settings, config.refresh.profiles);
    } catch (const ProfileError& error) {
      add_lines(mistakes, error);
    }
  }
  if (!mistakes.empty()) throw ConfigError{mistakes};
}

Platforms::Platforms(const Config& config, Ports ports) : ports_(std::move(ports)) {
  std::string mistakes;
  for (const PlatformSettings& settings : config.platforms) {
    rows_.push_back({.id = settings.id, .name = settings.name, .profile = settings.profile});
    if (settings.profile.empty()) continue;
    try {
      Platform platform = open_platform(settings, config.refresh.profiles);
      rows_.back().name = platform.name;
      runners_.push_back(std::make_unique<PlatformRunner>(
          std::move(platform),
          PlatformRunner::Options{.holder = config.broker.client_id,
                                  .max_age = config.refresh.max_age,
                                  .miss_ttl = config.refresh.unknown_for},
          ports_));
    } catch (const SecretError& error) {
      not_asked_[settings.id] = error.what();
    } catch (const ProfileError& error) {
      add_lines(mistakes, error);
    }
  }
  if (!mistakes.empty()) throw ConfigError{mistakes};
}

Platforms::~Platforms() {
  stop();
}

void Platforms::start() {
  {
    const auto store = ports_.open_store();
    store->set_lock_timeout(lock_timeout);
    store->set_platforms(rows_);
    save_not_asked(*store);
  }
  for (const auto& runner : runners_) {
    const Platform& platform = runner->platform();
    runner->start();
    ports_.log(LogLevel::info, fmt::format("platform {} ({}) is asked by profile {}", platform.id,
                                           platform.name, platform.profile_name));
  }
}

void Platforms::save_not_asked(PlatformStore& store) const {
  for (const auto& [id, problem] : not_asked_) {
    ports_.log(LogLevel::error,
               fmt::format("platform {} is not asked: {}; correct it, then reload or restart", id,
                           problem));
    store.save_platform_health(id, {.failures = 1,
                                    .last_failure = ports_.clock.now(),
                                    .fault = std::string{service_fault_names[ServiceFault::log_in]},
                                    .failure = problem});
  }
}

void Platforms::stop() {
  for (const auto& runner : runners_) runner->interrupt();
  for (const auto& runner : runners_) runner->stop();
}

void Platforms::notify() {
  for (const auto& runner : runners_) runner->notify();
}

std::map<std::int64_t, PlatformCounts> Platforms::counts() const {
  std::map<std::int64_t, PlatformCounts> counts;
  for (const auto& runner : runners_) counts[runner->platform().id] = runner->counts();
  return counts;
}

}  // namespace iotcard
