// SPDX-License-Identifier: Apache-2.0
#include "platform_work.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/text.h"
#include "operations/platform_operations.h"
#include "terminal.h"

namespace iotcard {
namespace {

constexpr std::chrono::milliseconds poll_interval{100};
constexpr std::chrono::seconds lease_interval{5};  // between checks whether a daemon has ended

const SystemClock system_clock;

}  // namespace

const PlatformSettings& platform_settings(Program& program, std::int64_t id) {
  const std::vector<PlatformSettings>& all = program.config().platforms;
  const auto found = std::ranges::find(all, id, &PlatformSettings::id);
  if (found == all.end()) {
    throw OperationError::not_found(
        fmt::format("the configuration has no [[platform]] with id = {}; see platform list", id));
  }
  if (found->profile.empty()) {
    throw OperationError::invalid(
        fmt::format("platform {} has no profile, so it cannot be asked; {}", id, found->where));
  }
  return *found;
}

std::vector<PlatformRow> rows_to_add(const Config& config, const std::vector<PlatformRow>& rows) {
  std::vector<PlatformRow> more;
  for (const PlatformSettings& settings : config.platforms) {
    if (contains(rows, settings.id, &PlatformRow::id)) continue;
    more.push_back({.id = settings.id, .name = settings.name, .profile = settings.profile});
  }
  return more;
}

bool is_as_wanted(const Card& card, PlatformRequestKind kind) {
  const bool blocked = card.network == Network::blocked;
  switch (kind) {
    case PlatformRequestKind::refresh:
      return true;
    case PlatformRequestKind::suspend:  // some platforms keep the card active, and block it
      return card.status == CardStatus::suspended || blocked;
    case PlatformRequestKind::resume:
      return card.status == CardStatus::active && !blocked;
  }
  return false;  // not reached
}

std::string state_text(const Card& card) {
  std::string text{card_status_names[card.status]};
  if (!card.raw_status.empty()) text += fmt::format(" ({})", card.raw_status);
  if (card.network != Network::unknown) {
    text += fmt::format(", network {}", network_names[card.network]);
  }
  return text;
}

PlatformWork::PlatformWork(Program& program, Store& store, Ask ask)
    : program_(program), store_(store), ask_(ask) {
  std::vector<PlatformRow> rows = store.platforms();
  const std::vector<PlatformRow> more = rows_to_add(program.config(), rows);
  rows.insert(rows.end(), more.begin(), more.end());
  if (!more.empty()) store.set_platforms(rows);
}

void PlatformWork::start_if_nobody_asks(std::int64_t id) {
  if (runners_.contains(id) || !lease_holder(store_, id, now()).empty()) return;
  const Config& config = program_.config();
  auto runner = std::make_unique<PlatformRunner>(
      open_platform(platform_settings(program_, id), config.refresh.profiles),
      PlatformRunner::Options{.holder = fmt::format("iotcardctl:{}", getpid()),
                              .max_age = config.refresh.max_age,
                              .not_found = {.share = config.refresh.not_found_share,
                                            .count = config.refresh.not_found_count},
                              .miss_ttl = config.refresh.unknown_for,
                              .scheduled = ask_ == Ask::all},
      PlatformRunner::Ports{
          .clock = system_clock,
          .open_store = [url = program_.url()] { return open_existing_store(url); },
          .context =
              [context = program_.context()](const std::string& by) mutable {
                context.now = now();
                context.by = by;
                return context;
              },
          .changed = [] {},
          .log =
              [](LogLevel level, const std::string& text) {
                if (level >= LogLevel::warning) complain(text);
              }});
  runner->start();
  runners_.emplace(id, std::move(runner));
}

void PlatformWork::until(const std::vector<std::int64_t>& platforms,
                         const std::function<bool()>& done) {
  watch_for_interrupts();
  auto check_at = std::chrono::steady_clock::now();
  while (!done()) {
    if (interrupted())
      throw std::runtime_error{
          "interrupted; if a daemon runs it goes on: card show tells what came of it"};
    if (std::chrono::steady_clock::now() >= check_at) {
      for (const std::int64_t id : platforms) start_if_nobody_asks(id);
      check_at += lease_interval;
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

}  // namespace iotcard
