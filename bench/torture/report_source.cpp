// SPDX-License-Identifier: Apache-2.0
#include "torture/report_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "support/wait.h"

namespace iotcard {
namespace {

constexpr std::size_t window = 500;  // reports under way to the broker
// Reports without their event: more, and each life of a process is spent with catching up.
constexpr std::int64_t most_undecided = 5'000;
constexpr std::chrono::milliseconds look_interval{5};
constexpr std::chrono::milliseconds reconnect_interval{20};
constexpr std::string_view serial_prefix = "8986C";
constexpr std::size_t serial_digits = 15;

}  // namespace

std::string serial_iccid(std::int64_t serial) {
  return fmt::format("{}{:015}", serial_prefix, serial);
}

std::int64_t find_serial(std::string_view text, std::string_view before) {
  const std::size_t at = text.find(std::string{before}.append(serial_prefix));
  if (at == std::string_view::npos) return 0;
  const std::string_view digits = text.substr(at + before.size() + serial_prefix.size());
  std::int64_t serial = 0;
  std::from_chars(digits.data(), digits.data() + std::min(digits.size(), serial_digits), serial);
  return serial;
}

std::string device_number(int device) {
  return "D" + std::to_string(device);
}

ReportSource::ReportSource(Options options)
    : options_(std::move(options)), random_(options_.seed), devices_(1) {}

ReportSource::~ReportSource() {
  stopping_ = true;
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ReportSource::start() {
  thread_ = std::thread{[this] { run(); }};
}

void ReportSource::finish() {
  finishing_ = true;
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

int ReportSource::device_of(std::int64_t serial) const {
  const std::lock_guard lock{mutex_};
  return devices_.at(static_cast<std::size_t>(serial));
}

void ReportSource::run() {
  while (!stopping_ && !ended_) {
    try {
      probe_ = std::make_unique<MqttProbe>(
          options_.broker_url,
          MqttProbe::Options{.mqtt5 = false, .on_acknowledged = [this](std::uint16_t id) {
                               take_acknowledgement(id);
                             }});
      repeat_what_may_be_lost();
      serve();
    } catch (const std::exception&) {
      // The broker is away: it is killed now and then.
    }
    std::unique_lock lock{mutex_};
    if (!ended_) changed_.wait_for(lock, reconnect_interval, [&] { return stopping_.load(); });
  }
  probe_.reset();
}

// Until the connection is lost or all is acknowledged.
void ReportSource::serve() {
  while (!stopping_ && !probe_->lost()) {
    look_for_save();
    const bool new_ones = !finishing_ && next_ <= options_.reports;
    const bool far_ahead = published() - options_.decided() > most_undecided;
    {
      std::unique_lock lock{mutex_};
      if (to_send_.empty() && !new_ones && under_way_.empty()) {
        ended_ = true;
        return;
      }
      const bool something = !to_send_.empty() || (new_ones && !far_ahead);
      if (!something || under_way_.size() >= window) {
        changed_.wait_for(lock, look_interval);
        continue;
      }
    }
    if (!to_send_.empty()) {
      const std::int64_t serial = to_send_.back();
      to_send_.pop_back();
      send(serial);
      continue;
    }
    const auto device =
        static_cast<std::uint16_t>(random_() % static_cast<unsigned>(options_.devices));
    {
      const std::lock_guard lock{mutex_};
      devices_.push_back(device);
    }
    send(next_++);
  }
}

void ReportSource::send(std::int64_t serial) {
  std::uint16_t id = 0;
  {
    const std::lock_guard lock{mutex_};
    do {
      ++id_;
    } while (id_ == 0 || under_way_.count(id_) != 0);
    id = id_;
    under_way_[id] = serial;
  }
  probe_->post(id, "/1/" + device_number(device_of(serial)) + "/info/post",
               R"({"rssi":-43,"firmwareVersion":1.2,"iccid":)" + serial_iccid(serial) +
                   R"(,"cardPlatformId":0})");
}

void ReportSource::take_acknowledgement(std::uint16_t id) {
  {
    const std::lock_guard lock{mutex_};
    const auto found = under_way_.find(id);
    if (found == under_way_.end()) return;
    doubtful_[0].push_back(found->second);
    under_way_.erase(found);
    ++acknowledged_;
  }
  changed_.notify_all();
}

void ReportSource::look_for_save() {
  const std::uint64_t now = inode(options_.broker_database);
  if (now == save_) return;
  save_ = now;
  const std::lock_guard lock{mutex_};
  doubtful_[2] = std::move(doubtful_[1]);
  doubtful_[1] = std::move(doubtful_[0]);
  doubtful_[0].clear();
}

// After a connection is lost, in the order of the serial numbers: that of each device.
void ReportSource::repeat_what_may_be_lost() {
  const std::lock_guard lock{mutex_};
  for (const auto& [id, serial] : under_way_) to_send_.push_back(serial);
  for (std::vector<std::int64_t>& doubtful : doubtful_) {
    to_send_.insert(to_send_.end(), doubtful.begin(), doubtful.end());
    acknowledged_ -= static_cast<std::int64_t>(doubtful.size());
    doubtful.clear();
  }
  under_way_.clear();
  std::sort(to_send_.begin(), to_send_.end(), std::greater<>{});
  to_send_.erase(std::unique(to_send_.begin(), to_send_.end()), to_send_.end());
  repeated_ += static_cast<std::int64_t>(to_send_.size());
}

}  // namespace iotcard
