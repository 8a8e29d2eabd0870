// SPDX-License-Identifier: Apache-2.0
// systemd_status.h - What the daemon says to systemd: its state, a status line for `systemctl
// status`, and signs of life for the watchdog. Without systemd nothing happens. The main thread
// only. Source: sd_notify(3).
#pragma once

#include <cstdint>
#include <string>

namespace iotcard {

class SystemdStatus {
 public:
  // The status line; sent if it has changed.
  void set_line(std::string line);
  // Once a second. `heartbeat` grows while the applier's thread is alive; when it has not grown for
  // a minute, systemd gets no sign of life any more and restarts the daemon.
  void keep_alive(std::uint64_t heartbeat);

 private:
  std::string line_;
  std::uint64_t heartbeat_ = 0;
  int silent_ticks_ = 0;
};

}  // namespace iotcard
