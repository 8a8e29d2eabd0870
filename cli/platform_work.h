// SPDX-License-Identifier: Apache-2.0
// platform_work.h - Waits until card platforms have been asked: by the daemon if it runs, otherwise
// by this program. The process that has the platform's lease asks it, so its limits are kept.
// The main thread only; the platforms' own threads write to standard error.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "program.h"
#include "refresh/platform_runner.h"

namespace iotcard {

// The section of the configuration; throws OperationError (not_found) if there is none, and
// (invalid) if it has no profile.
const PlatformSettings& platform_settings(Program& program, std::int64_t id);

// Those of the configuration that a store with these rows does not have yet.
std::vector<PlatformRow> rows_to_add(const Config& config, const std::vector<PlatformRow>& rows);

// Whether a card is in the state that the request wanted.
bool is_as_wanted(const Card& card, PlatformRequestKind kind);
// "suspended (DEACTIVATED), network blocked"
std::string state_text(const Card& card);

class PlatformWork {
 public:
  enum class Ask { requests, all };  // by this program, if no daemon does
  // Adds the platforms of the configuration to a store that no daemon has used yet.
  PlatformWork(Program& program, Store& store, Ask ask);

  // Waits until `done`, and begins to ask those of these platforms that no process asks. Throws
  // std::runtime_error at an interrupt, and for a platform that this program cannot ask.
  void until(const std::vector<std::int64_t>& platforms, const std::function<bool()>& done);

 private:
  void start_if_nobody_asks(std::int64_t id);

  Program& program_;
  Store& store_;
  const Ask ask_;
  std::map<std::int64_t, std::unique_ptr<PlatformRunner>> runners_;
};

}  // namespace iotcard
