// SPDX-License-Identifier: Apache-2.0
// platforms.h - The card platforms of the configuration, each with its runner. A reload replaces
// them as a whole. Threads: notify(), test() and counts() from any; the rest from the main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "current_set.h"
#include "operations/platform_test.h"
#include "refresh/platform_runner.h"

namespace iotcard {

class Platforms {
 public:
  using Ports = PlatformRunner::Ports;
  // Those of one configuration.
  struct Set {
    ~Set() { stop(); }
    void stop();  // within a second

    std::vector<PlatformRow> rows;                  // of the configuration, without health
    std::vector<PlatformSettings> settings;         // likewise
    std::vector<std::string> profiles;              // folders
    std::map<std::int64_t, std::string> not_asked;  // why, by number
    std::vector<std::unique_ptr<PlatformRunner>> runners;
  };
  Platforms(const Config& config, Ports ports);  // load() and replace()
  ~Platforms() { stop(); }

  // Loads profiles and reads secrets: throws ConfigError. A platform whose secret cannot be read is
  // not asked; the others are.
  std::unique_ptr<Set> load(const Config& config) const;
  void replace(std::unique_ptr<Set> next) { sets_.replace(std::move(next)); }
  void start_due() {
    sets_.start_due([this](const Set& set) { start(set); });
  }
  void stop() { sets_.stop(); }
  void notify() const;  // there may be something new to ask
  // By hand, from any thread; one at a time. As ApiHost::test_platform.
  PlatformTest test(std::int64_t id, const std::optional<Iccid>& card,
                    const std::function<bool()>& go_on) const;
  // By the platform's number; since its start.
  std::map<std::int64_t, PlatformCounts> counts() const;

 private:
  void start(const Set& set) const;

  const Ports ports_;
  CurrentSet<Set> sets_;
  mutable std::mutex testing_;
};

}  // namespace iotcard
