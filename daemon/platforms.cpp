// SPDX-License-Identifier: Apache-2.0
#include "platforms.h"

#include <fmt/format.h>

namespace iotcard {
namespace {

DeskOptions job_options(const Platform& platform, const RefreshConfig& refresh,
                        const std::string& client_id) {
  return {.platform = platform.id,
          .holder = client_id,
          .max_age = refresh.max_age,
          .unknown_for = refresh.unknown_for,
          .interval = platform.limits.interval,
          .timeout = platform.limits.timeout};
}

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

Platforms::Platforms(const Config& config, const Clock& clock, Ports ports)
    : refresh_(config.refresh),
      client_id_(config.broker.client_id),
      clock_(clock),
      ports_(std::move(ports)) {
  std::string mistakes;
  for (const PlatformSettings& settings : config.platforms) {
    rows_.push_back({.id = settings.id, .name = settings.name, .profile = settings.profile});
    if (settings.profile.empty()) continue;
    try {
      auto member = std::make_unique<Member>();
      member->platform = open_platform(settings, config.refresh.profiles);
      rows_.back().name = member->platform.name;
      members_.push_back(std::move(member));
    } catch (const SecretError& error) {
      unasked_[settings.id] = error.what();
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
  if (started_) return;
  const auto store = ports_.open_store();
  store->set_platforms(rows_);
  save_unasked(*store);
  for (const auto& member : members_) {
    if (member->runner) continue;
    const Platform& platform = member->platform;
    const std::string by = fmt::format("platform:{}", platform.id);
    member->store = ports_.open_store();
    member->jobs = std::make_unique<StorePlatformJobs>(
        *member->store, job_options(platform, refresh_, client_id_),
        [this, by] { return ports_.context(by); }, ports_.changed);
    member->runner = std::make_unique<PlatformRunner>(platform, *member->jobs, clock_, ports_.log);
    member->runner->start();
    ports_.log(LogLevel::info, fmt::format("platform {} ({}) is asked by profile {}", platform.id,
                                           platform.name, platform.profile_name));
  }
  started_ = true;
}

void Platforms::save_unasked(Store& store) const {
  for (const auto& [id, problem] : unasked_) {
    ports_.log(LogLevel::error,
               fmt::format("platform {} is not asked: {}; then reload, or restart", id, problem));
    store.save_platform_health(id,
                               {.failures = 1,
                                .last_failure = clock_.now(),
                                .fault = std::string{platform_fault_names[PlatformFault::log_in]},
                                .failure = problem});
  }
}

void Platforms::stop() {
  for (const auto& member : members_) {
    if (member->runner) member->runner->interrupt();
  }
  for (const auto& member : members_) {
    if (member->runner) member->runner->stop();
  }
}

void Platforms::notify() {
  for (const auto& member : members_) {
    if (member->runner) member->runner->notify();
  }
}

std::map<std::int64_t, PlatformCounts> Platforms::counts() const {
  std::map<std::int64_t, PlatformCounts> counts;
  for (const auto& member : members_) {
    if (member->runner) counts[member->platform.id] = member->runner->counts();
  }
  return counts;
}

}  // namespace iotcard
