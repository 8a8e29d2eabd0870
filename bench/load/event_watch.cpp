// SPDX-License-Identifier: Apache-2.0
#include "load/event_watch.h"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>

#include "support/mqtt_wire.h"
#include "support/wait.h"

namespace iotcard {
namespace {

constexpr std::chrono::milliseconds look_interval{100};
constexpr std::size_t suback_size = 5;

// Where the body of the first packet begins and ends; nullopt: it is not whole yet.
struct Frame {
  std::size_t begin;
  std::size_t end;
};
std::optional<Frame> first_frame(std::string_view stream) {
  std::size_t length = 0;
  for (std::size_t i = 1; i < stream.size() && i < 5; ++i) {
    const auto byte = static_cast<unsigned char>(stream[i]);
    length |= static_cast<std::size_t>(byte & 0x7f) << (7 * (i - 1));
    if ((byte & 0x80) != 0) continue;
    if (stream.size() < i + 1 + length) return std::nullopt;
    return Frame{i + 1, i + 1 + length};
  }
  return std::nullopt;
}

}  // namespace

EventWatch::EventWatch(std::uint16_t port, const std::string& filter) : socket_(port, "watch") {
  const std::string qos_0(1, '\0');
  socket_.write_all(wire::packet(wire::subscribe, 2, wire::number(1) + wire::text(filter) + qos_0));
  std::string answer;
  while (answer.size() < suback_size) {
    if (!socket_.wait(patience)) throw std::runtime_error("the broker does not answer");
    socket_.read_some(answer);
  }
  thread_ = std::thread{[this] { read(); }};
}

EventWatch::~EventWatch() {
  stopping_ = true;
  thread_.join();
}

void EventWatch::read() {
  std::string stream;
  try {
    while (!stopping_) {
      if (!socket_.wait(look_interval)) continue;
      if (socket_.read_some(stream)) take(stream, SteadyClock::now());
    }
  } catch (const std::exception&) {
    const std::lock_guard lock{mutex_};
    lost_ = true;
  }
  changed_.notify_all();
}

void EventWatch::take(std::string& stream, SteadyClock::time_point now) {
  constexpr int type_shift = 4;
  std::string_view rest{stream};
  std::int64_t events = 0;
  const std::lock_guard lock{mutex_};
  while (const auto frame = first_frame(rest)) {
    const std::string_view body = rest.substr(frame->begin, frame->end - frame->begin);
    if (static_cast<unsigned char>(rest[0]) >> type_shift == wire::publish && body.size() >= 2) {
      const auto high = static_cast<unsigned char>(body[0]);
      const auto low = static_cast<unsigned char>(body[1]);
      ++events;
      if (!times_.empty()) note(body.substr(2, static_cast<std::size_t>(high << 8 | low)), now);
    }
    rest.remove_prefix(frame->end);
  }
  stream.erase(0, stream.size() - rest.size());
  if (events == 0) return;
  last_ = now;
  count_ += events;
  changed_.notify_all();
}

void EventWatch::note(std::string_view topic, SteadyClock::time_point now) {
  const std::int64_t index = Fleet::device_of(topic) - first_timed_;
  if (index < 0 || index >= static_cast<std::int64_t>(times_.size())) return;
  SteadyClock::time_point& seen = times_[static_cast<std::size_t>(index)];
  if (seen == SteadyClock::time_point{}) seen = now;
}

SteadyClock::time_point EventWatch::wait_for(std::int64_t count,
                                             std::chrono::milliseconds longest) {
  std::unique_lock lock{mutex_};
  while (count_ < count) {
    const std::int64_t before = count_;
    changed_.wait_for(lock, longest, [&] { return lost_ || count_ > before; });
    if (lost_) throw std::runtime_error("the broker has ended the connection of who counts events");
    if (count_ == before) {
      throw std::runtime_error(fmt::format("{} of {} events came", before, count));
    }
  }
  return last_;
}

void EventWatch::time_devices(std::int64_t first, std::int64_t count) {
  const std::lock_guard lock{mutex_};
  first_timed_ = first;
  times_.assign(static_cast<std::size_t>(count), {});
}

std::vector<SteadyClock::time_point> EventWatch::times() const {
  const std::lock_guard lock{mutex_};
  return times_;
}

}  // namespace iotcard
