// SPDX-License-Identifier: Apache-2.0
#include "systemd_status.h"

#include <systemd/sd-daemon.h>

#include <utility>

#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

constexpr int max_silent_ticks = 60;  // a batch takes milliseconds

}  // namespace

void SystemdStatus::set_line(std::string line) {
  if (line != line_) sd_notifyf(0, "STATUS=%s", escape_controls(line).c_str());
  line_ = std::move(line);
}

void SystemdStatus::keep_alive(std::uint64_t heartbeat) {
  silent_ticks_ = heartbeat == heartbeat_ ? silent_ticks_ + 1 : 0;
  heartbeat_ = heartbeat;
  if (silent_ticks_ < max_silent_ticks) sd_notify(0, "WATCHDOG=1");
}

}  // namespace iotcard
