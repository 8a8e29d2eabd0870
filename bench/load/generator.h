// SPDX-License-Identifier: Apache-2.0
// generator.h - What makes the load: one MQTT 3.1.1 client that publishes reports at QoS 1, some
// hundreds under way, from packets that were made before the clock starts. The same for all that
// are compared. One thread; throws std::exception.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "load/fleet.h"
#include "load/socket.h"

namespace iotcard {

using SteadyClock = std::chrono::steady_clock;

// Reports of the devices first … first + count - 1, ready to be sent.
class Storm {
 public:
  Storm(const Fleet& fleet, std::int64_t first, std::int64_t count);

  std::int64_t count() const { return static_cast<std::int64_t>(ends_.size()) - 1; }
  // The bytes of reports [from, to).
  std::string_view bytes(std::int64_t from, std::int64_t to) const;

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_{0};
};

class Generator {
 public:
  static constexpr std::int64_t window = 500;

  explicit Generator(std::uint16_t port) : socket_(port, "generator") {}

  // As fast as the broker acknowledges; returns once it has acknowledged all.
  void send(const Storm& storm);
  // So many a second from `begin` on; when each was sent.
  std::vector<SteadyClock::time_point> send_steadily(
      const Storm& storm, std::int64_t per_second,
      SteadyClock::time_point begin = SteadyClock::now());

 private:
  void read_acknowledgements();

  BrokerSocket socket_;
  std::string unread_;
  std::int64_t acknowledged_ = 0;  // of the storm at hand
};

}  // namespace iotcard
