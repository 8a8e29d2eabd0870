// SPDX-License-Identifier: Apache-2.0
#include "flood/honest_fleet.h"

#include <fmt/format.h>

#include <algorithm>

namespace iotcard {
namespace {

constexpr std::chrono::milliseconds pause_between{5};
constexpr std::chrono::minutes event_patience{10};

double percentile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

std::string HonestFleet::iccid(int device) {
  return fmt::format("8986042936A{:09}", device);
}

HonestFleet::HonestFleet(const std::string& broker_url)
    : devices_(broker_url), watcher_(broker_url, {.on_message = [this](const ProbeMessage&) {
                                       {
                                         const std::lock_guard lock{mutex_};
                                         ++events_;
                                       }
                                       changed_.notify_all();
                                     }}) {
  for (int i = 0; i < devices; ++i) {
    for (const char* const name : {"created", "confirmed"}) {
      watcher_.subscribe(fmt::format("iotcard/event/binding/{}/1/HONEST{}", name, i));
    }
  }
}

HonestFleet::~HonestFleet() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void HonestFleet::start() {
  thread_ = std::thread{[this] { run(); }};
}

// Publishes the next report when the event of the last one has come.
void HonestFleet::run() {
  for (std::int64_t sent = 0;; ++sent) {
    const int device = static_cast<int>(sent % devices);
    const auto begin = std::chrono::steady_clock::now();
    devices_.publish(fmt::format("/1/HONEST{}/info/post", device),
                     fmt::format(R"({{"iccid":{}}})", iccid(device)));
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, event_patience, [&] { return stopping_ || events_ > sent; });
    if (stopping_) return;
    elapsed_.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
    changed_.wait_for(lock, pause_between, [&] { return stopping_; });
    if (stopping_) return;
  }
}

Latency HonestFleet::take() {
  std::vector<double> elapsed;
  {
    const std::lock_guard lock{mutex_};
    elapsed.swap(elapsed_);
  }
  std::sort(elapsed.begin(), elapsed.end());
  return {elapsed.size(), percentile(elapsed, 0.5), percentile(elapsed, 0.99),
          elapsed.empty() ? 0 : elapsed.back()};
}

}  // namespace iotcard
