// SPDX-License-Identifier: Apache-2.0
#include "load/generator.h"

#include <algorithm>
#include <stdexcept>

#include "support/mqtt_wire.h"

namespace iotcard {
namespace {

constexpr std::size_t puback_size = 4;  // of 3.1.1, and nothing else is sent to us
constexpr std::int64_t refill = 50;     // reports at a time
constexpr std::chrono::minutes ack_patience{5};

}  // namespace

Storm::Storm(const Fleet& fleet, std::int64_t first, std::int64_t count) {
  constexpr std::uint8_t qos_1 = 2;
  for (std::int64_t i = 0; i < count; ++i) {
    bytes_ += wire::packet(wire::publish, qos_1,
                           wire::text(Fleet::topic(first + i)) +
                               wire::number(static_cast<std::uint16_t>(i % UINT16_MAX + 1)) +
                               fleet.payload(first + i));
    ends_.push_back(bytes_.size());
  }
}

std::string_view Storm::bytes(std::int64_t from, std::int64_t to) const {
  const std::size_t begin = ends_[static_cast<std::size_t>(from)];
  return std::string_view{bytes_}.substr(begin, ends_[static_cast<std::size_t>(to)] - begin);
}

void Generator::read_acknowledgements() {
  while (socket_.read_some(unread_)) {
    const std::size_t whole = unread_.size() / puback_size;
    acknowledged_ += static_cast<std::int64_t>(whole);
    unread_.erase(0, whole * puback_size);
  }
}

void Generator::send(const Storm& storm) {
  acknowledged_ = 0;
  std::int64_t given = 0;  // to `left`
  std::string_view left;
  while (acknowledged_ < storm.count()) {
    const std::int64_t room =
        std::min(acknowledged_ + window, storm.count());  // may be under way up to here
    if (left.empty() && (room - given >= refill || (room == storm.count() && given < room))) {
      left = storm.bytes(given, room);
      given = room;
    }
    if (!left.empty()) left.remove_prefix(socket_.write_some(left));
    if (!socket_.wait(ack_patience, !left.empty())) {
      throw std::runtime_error("the broker does not acknowledge the reports");
    }
    read_acknowledgements();
  }
}

std::vector<SteadyClock::time_point> Generator::send_steadily(const Storm& storm,
                                                              std::int64_t per_second,
                                                              SteadyClock::time_point begin) {
  acknowledged_ = 0;
  std::vector<SteadyClock::time_point> sent;
  sent.reserve(static_cast<std::size_t>(storm.count()));
  const std::chrono::nanoseconds interval{std::nano::den / per_second};
  for (std::int64_t i = 0; i < storm.count(); ++i) {
    const auto due = begin + i * interval;
    for (auto left = due - SteadyClock::now(); left.count() > 0; left = due - SteadyClock::now()) {
      if (socket_.wait(left)) read_acknowledgements();
    }
    sent.push_back(SteadyClock::now());
    socket_.write_all(storm.bytes(i, i + 1));
    read_acknowledgements();
  }
  while (acknowledged_ < storm.count()) {
    if (!socket_.wait(ack_patience)) {
      throw std::runtime_error("the broker does not acknowledge the reports");
    }
    read_acknowledgements();
  }
  return sent;
}

}  // namespace iotcard
