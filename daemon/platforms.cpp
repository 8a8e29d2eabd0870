// SPDX-License-Identifier: Apache-2.0
#include "platforms.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "operations/operation.h"
#include "platform/platform_probe.h"

namespace iotcard {
namespace {

// On the main thread, which must go on; it tries again.
constexpr std::chrono::milliseconds start_lock_timeout{100};

const PlatformSettings* find_settings(const std::vector<PlatformSettings>& all, std::int64_t id) {
  const auto found = std::ranges::find(all, id, &PlatformSettings::id);
  return found == all.end() ? nullptr : &*found;
}

void add_lines(std::string& mistakes, const std::string& more) {
  mistakes.append(mistakes.empty() || more.empty() ? "" : "\n").append(more);
}

}  // namespace

void Platforms::Set::stop() {
  for (const auto& runner : runners) runner->interrupt();
  for (const auto& runner : runners) runner->stop();
}

Platforms::Platforms(const Config& config, Ports ports)
    : ports_(std::move(ports)), sets_(load(config), "card platforms are not asked") {}

std::unique_ptr<Platforms::Set> Platforms::load(const Config& config) const {
  auto set = std::make_unique<Set>();
  set->settings = config.platforms;
  set->profiles = config.refresh.profiles;
  std::string mistakes;
  for (const PlatformSettings& settings : config.platforms) {
    set->rows.push_back({.id = settings.id, .name = settings.name, .profile = settings.profile});
    if (settings.profile.empty()) continue;
    try {
      Platform platform = open_platform(settings, config.refresh.profiles);
      set->rows.back().name = platform.name;
      set->runners.push_back(std::make_unique<PlatformRunner>(
          std::move(platform),
          PlatformRunner::Options{.holder = config.broker.client_id,
                                  .max_age = config.refresh.max_age,
                                  .not_found = {.share = config.refresh.not_found_share,
                                                .count = config.refresh.not_found_count},
                                  .miss_ttl = config.refresh.unknown_for},
          ports_));
    } catch (const SecretError& error) {
      set->not_asked[settings.id] = error.what();
    } catch (const ProfileError& error) {
      add_lines(mistakes, error.what());
    }
  }
  if (!mistakes.empty()) throw ConfigError{mistakes};
  return set;
}

void Platforms::start(const Set& set) const {
  {
    const auto store = ports_.open_store();
    store->set_lock_timeout(start_lock_timeout);
    Transaction transaction{*store};
    store->set_platforms(set.rows);
    for (const auto& [id, problem] : set.not_asked) {
      store->save_platform_health(id,
                                  {.failures = 1,
                                   .last_failure = ports_.clock.now(),
                                   .fault = std::string{service_fault_names[ServiceFault::log_in]},
                                   .failure = problem});
    }
    transaction.commit();
  }
  for (const auto& [id, problem] : set.not_asked) {
    spdlog::error("platform {} is not asked: {}; correct it, then reload or restart", id, problem);
  }
  for (const auto& runner : set.runners) {
    const Platform& platform = runner->platform();
    runner->start();
    spdlog::info("platform {} ({}) is asked by profile {}", platform.id, platform.name,
                 platform.profile_name);
  }
}

void Platforms::notify() const {
  if (const auto set = sets_.running()) {
    for (const auto& runner : set->runners) runner->notify();
  }
}

PlatformTest Platforms::test(std::int64_t id, const std::optional<Iccid>& card,
                             const std::function<bool()>& go_on) const {
  const auto set = sets_.running();
  const auto* const settings = set ? find_settings(set->settings, id) : nullptr;
  if (settings == nullptr) {
    throw OperationError::not_found(
        fmt::format("the configuration has no [[platform]] with id = {}", id),
        {ErrorKey::platform_not_found, {{"platform", id}}});
  }
  if (settings->profile.empty()) {
    throw OperationError::conflict(
        fmt::format("platform {} has no profile, so it cannot be asked", id),
        {ErrorKey::platform_unavailable, {{"platform", id}}});
  }
  const std::unique_lock lock{testing_, std::try_to_lock};
  if (!lock) {
    throw OperationError::conflict("another platform is being tested; try again in a moment",
                                   {ErrorKey::request_pending});
  }
  PlatformTest test;
  const auto began = std::chrono::steady_clock::now();
  try {
    const Platform platform = open_platform(*settings, set->profiles);
    const PlatformProbe probe =
        probe_platform(platform, card, go_on, [&](const HttpExchange& exchange) {
          test.steps.push_back({.name = exchange.step,
                                .ok = !exchange.failure,
                                .text = join(lines_of(exchange), "\n")});
        });
    test.problem = probe.failure;
    if (probe.answer && probe.answer->kind == CardAnswer::Kind::found) {
      test.card = probe.answer->fields;
    }
    if (test.problem.empty()) {
      test.result = probe_text(probe, card, static_cast<int>(test.steps.size()));
    }
  } catch (const ProfileError& error) {
    test.problem = error.what();
  }
  test.took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                     std::chrono::steady_clock::now() - began)
                     .count();
  return test;
}

std::map<std::int64_t, PlatformCounts> Platforms::counts() const {
  std::map<std::int64_t, PlatformCounts> counts;
  if (const auto set = sets_.running()) {
    for (const auto& runner : set->runners) counts[runner->platform().id] = runner->counts();
  }
  return counts;
}

}  // namespace iotcard
