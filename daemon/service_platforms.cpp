// SPDX-License-Identifier: Apache-2.0
// When the card platforms are asked, and when not.
#include <spdlog/spdlog.h>

#include "logging.h"
#include "service.h"

namespace iotcard {

std::shared_ptr<Platforms> Service::make_platforms(const Config& config) {
  return std::make_shared<Platforms>(
      config, Platforms::Ports{.clock = clock_,
                               .open_store = [url = config.store_url] { return open_store(url); },
                               .context = [this](const std::string& by) { return context(by); },
                               .changed = [this] { outbox_.notify(); },
                               .log = log_line,
                               .request_finished =
                                   [this] {
                                     if (api_) api_->platform_request_finished();
                                   }});
}

// A store that cannot be had just now is tried again with the next tick.
void Service::ask_platforms() {
  if (!next_platforms_) return;
  try {
    next_platforms_->start();
    const std::lock_guard lock{mutex_};
    platforms_ = std::move(next_platforms_);
    platforms_problem_.clear();
  } catch (const std::exception& error) {  // also a thread that cannot be started
    if (std::exchange(platforms_problem_, error.what()) == error.what()) return;
    spdlog::warn("card platforms are not asked for now: {}", error.what());
  }
}

void Service::leave_platforms() {
  std::shared_ptr<Platforms> old;
  {
    const std::lock_guard lock{mutex_};
    old = std::move(platforms_);
  }
  if (old) old->stop();
}

std::shared_ptr<Platforms> Service::platforms() const {
  const std::lock_guard lock{mutex_};
  return platforms_;
}

}  // namespace iotcard
