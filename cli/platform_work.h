// SPDX-License-Identifier: Apache-2.0
// platform_work.h - Has card platforms asked, by the daemon if it runs and by this program if not:
// whoever holds the platform's lease in the store does it, so that its limits hold in any case.
// The main thread only; the platforms' own threads write to standard error.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "operations/platform_operations.h"
#include "platform/platform_runner.h"
#include "program.h"
#include "refresh/store_platform_jobs.h"

namespace iotcard {

// The section of the configuration; throws OperationError (not_found) if there is none, and
// (invalid) if it has no profile.
const PlatformSettings& platform_settings(Program& program, std::int64_t id);

class PlatformWork {
 public:
  enum class Ask { requests, all };  // by this program, if no daemon does
  // Where no daemon has been yet, the store learns here which platforms there are.
  PlatformWork(Program& program, Store& store, Ask ask);

  // Looks again and again whether `done`, and in between whether anybody asks these platforms; if
  // nobody does, begins to. Throws std::runtime_error at an interrupt, and for a platform that
  // neither a daemon nor this program can ask.
  void until(const std::vector<std::int64_t>& platforms, const std::function<bool()>& done);

 private:
  // In the order in which they need each other.
  struct Member {
    Platform platform;
    std::unique_ptr<Store> store;
    std::unique_ptr<StorePlatformJobs> desk;
    std::unique_ptr<PlatformRunner> runner;
  };
  void begin_if_nobody_does(std::int64_t id);

  Program& program_;
  Store& store_;
  const Ask ask_;
  std::map<std::int64_t, Member> members_;
};

}  // namespace iotcard
