// SPDX-License-Identifier: Apache-2.0
// platforms.h - The card platforms of the configuration, each with its runner. A reload replaces
// them as a whole. notify() and counts() from any thread between start() and stop(); the others
// from the main thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "refresh/platform_runner.h"

namespace iotcard {

// Checks that the profiles which the configuration names exist and make sense, and that their keys
// fit; reads no secret. Throws ConfigError, a line for each mistake.
void check_platforms(const Config& config);

class Platforms {
 public:
  using Ports = PlatformRunner::Ports;

  // Loads profiles and reads secrets: throws ConfigError. A platform whose secret cannot be read is
  // not asked; the others are.
  Platforms(const Config& config, Ports ports);
  ~Platforms();  // stop()

  // Only once it has returned; throws StoreError or std::system_error, and may be called again
  // then.
  void start();
  void stop();    // within a second
  void notify();  // there may be something new to ask

  // By the platform's number; since start().
  std::map<std::int64_t, PlatformCounts> counts() const;

 private:
  void save_not_asked(PlatformStore& store) const;

  const Ports ports_;
  std::vector<PlatformRow> rows_;                  // of the configuration, without health
  std::map<std::int64_t, std::string> not_asked_;  // why, by number
  std::vector<std::unique_ptr<PlatformRunner>> runners_;
};

}  // namespace iotcard
