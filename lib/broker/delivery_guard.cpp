// SPDX-License-Identifier: Apache-2.0
#include "broker/delivery_guard.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

namespace iotcard {
namespace {

constexpr std::chrono::seconds first_pause{5};
constexpr std::chrono::seconds longest_pause{600};
constexpr int max_ended = DeliveryGuard::limit + 7;  // more would not make the pause longer

}  // namespace

DeliveryGuard::DeliveryGuard(std::string path) : path_(std::move(path)) {
  std::ifstream file{path_};
  if (file >> state_.ended) state_.ended = std::clamp(state_.ended, 0, max_ended);
  watching_ = state_.ended > 0;
}

// The file counts the open connection too: if the process ends now, nobody is left to count it.
void DeliveryGuard::set(int count, bool open) noexcept {
  state_.ended = std::min(count, max_ended);
  state_.open = open;
  const int written = state_.ended + (open ? 1 : 0);
  watching_ = written > 0;
  try {
    if (written == 0) {
      std::filesystem::remove(path_);
    } else {
      std::ofstream{path_, std::ios::trunc} << written << '\n';
    }
  } catch (const std::exception&) {
    // As if there were no file.
  }
}

void DeliveryGuard::connected() noexcept {
  const std::lock_guard lock{mutex_};
  state_.since = std::chrono::steady_clock::now();
  set(state_.ended, true);
}

void DeliveryGuard::message_received() noexcept {
  if (!watching_) return;
  const std::lock_guard lock{mutex_};
  set(0, false);
}

void DeliveryGuard::unreadable() noexcept {
  const std::lock_guard lock{mutex_};
  if (!state_.open) return;
  state_.allowed = false;
  set(state_.ended + 1, false);
}

void DeliveryGuard::disconnected() noexcept {
  const std::lock_guard lock{mutex_};
  if (state_.open) set(state_.ended, false);
}

void DeliveryGuard::check(std::chrono::steady_clock::time_point now) noexcept {
  const std::lock_guard lock{mutex_};
  if (state_.open && now - state_.since >= well_after) set(0, false);
}

void DeliveryGuard::allow_one_more() noexcept {
  const std::lock_guard lock{mutex_};
  state_.allowed = true;
}

void DeliveryGuard::start_over() noexcept {
  const std::lock_guard lock{mutex_};
  if (state_.ended >= limit) set(limit - 1, false);
}

bool DeliveryGuard::blocked() const {
  const std::lock_guard lock{mutex_};
  return state_.ended >= limit && !state_.allowed && !state_.open;
}

std::chrono::seconds DeliveryGuard::pause() const {
  const std::lock_guard lock{mutex_};
  return std::min(longest_pause, first_pause * (1 << std::max(0, state_.ended - limit)));
}

}  // namespace iotcard
