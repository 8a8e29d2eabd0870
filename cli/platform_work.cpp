// SPDX-License-Identifier: Apache-2.0
#include "platform_work.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "interrupt.h"
#include "terminal.h"

namespace iotcard {
namespace {

constexpr std::chrono::milliseconds end_interval{100};
constexpr std::chrono::seconds lease_interval{5};  // between looks whether a daemon has gone

class SystemClock : public Clock {
 public:
  Instant now() const override { return iotcard::now(); }
};
const SystemClock system_clock;

std::string holder_name() {
  return fmt::format("iotcardctl:{}", getpid());
}

}  // namespace

const PlatformSettings& platform_settings(Program& program, std::int64_t id) {
  const std::vector<PlatformSettings>& all = program.config().platforms;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const PlatformSettings& one) { return one.id == id; });
  if (found == all.end()) {
    throw OperationError{
        OperationError::Kind::not_found,
        fmt::format("the configuration has no [[platform]] with id = {}; see platform list", id)};
  }
  if (found->profile.empty()) {
    throw OperationError{
        OperationError::Kind::invalid,
        fmt::format("platform {} has no profile, so that nobody can ask it; {}", id, found->where)};
  }
  return *found;
}

PlatformWork::PlatformWork(Program& program, Store& store, Ask ask)
    : program_(program), store_(store), ask_(ask) {
  std::vector<PlatformRow> rows = store.platforms();
  const std::size_t known = rows.size();
  for (const PlatformSettings& settings : program.config().platforms) {
    if (std::any_of(rows.begin(), rows.end(),
                    [&](const PlatformRow& row) { return row.id == settings.id; })) {
      continue;
    }
    rows.push_back({.id = settings.id, .name = settings.name, .profile = settings.profile});
  }
  if (rows.size() > known) store.set_platforms(rows);
}

void PlatformWork::begin_if_nobody_does(std::int64_t id) {
  const std::string holder = lease_holder(store_, id, now());
  if (!holder.empty() || members_.contains(id)) return;
  Platform platform =
      open_platform(platform_settings(program_, id), program_.config().refresh.profiles);
  Member& kept = members_[id];
  kept.platform = std::move(platform);
  kept.store = program_.open_existing_store();
  const RefreshConfig& refresh = program_.config().refresh;
  kept.desk = std::make_unique<StorePlatformJobs>(
      *kept.store,
      DeskOptions{.platform = id,
                  .holder = holder_name(),
                  .max_age = refresh.max_age,
                  .unknown_for = refresh.unknown_for,
                  .interval = kept.platform.limits.interval,
                  .timeout = kept.platform.limits.timeout,
                  .schedule = ask_ == Ask::all},
      [context = program_.context(), id]() mutable {
        context.now = now();
        context.by = fmt::format("platform:{}", id);
        return context;
      },
      [] {});
  kept.runner = std::make_unique<PlatformRunner>(kept.platform, *kept.desk, system_clock,
                                                 [](LogLevel level, const std::string& text) {
                                                   if (level >= LogLevel::warning) complain(text);
                                                 });
  kept.runner->start();
}

void PlatformWork::until(const std::vector<std::int64_t>& platforms,
                         const std::function<bool()>& done) {
  watch_for_interrupts();
  auto look_at = std::chrono::steady_clock::now();
  while (!done()) {
    if (interrupted())
      throw std::runtime_error{
          "interrupted; if a daemon runs it goes on: card show tells what came of it"};
    if (std::chrono::steady_clock::now() >= look_at) {
      for (const std::int64_t id : platforms) begin_if_nobody_does(id);
      look_at += lease_interval;
    }
    std::this_thread::sleep_for(end_interval);
  }
}

}  // namespace iotcard
