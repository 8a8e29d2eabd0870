// SPDX-License-Identifier: Apache-2.0
// fair_share.h - Who is next: a device that sends more than its share gives way to the others. Its
// reports beyond the share of a portion of the journal are deferred (into the store, in the
// transaction of the others) and decided when there is room, in their order; so an honest report
// waits for the others' shares and not for all that a flooding device has sent. The same while many
// events wait to be published: then shares are of the last so many reports, however small the
// portions. One with few devices, or one behind which nothing waits, defers nothing but what comes
// behind deferred reports of its own device. Knows keys and numbers, not reports. Pure; one thread
// at a time.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace iotcard {

class FairShare {
 public:
  // Of how many reports a portion is at most, and the share that each device has of it whatever the
  // others do.
  FairShare(std::size_t portion, std::size_t least_share)
      : portion_(portion), least_share_(least_share) {}

  // How much of one key is deferred already.
  void load(const std::string& key, std::int64_t reports, std::int64_t bytes);
  void clear();

  // Which of these reports, by the keys of their devices and in their order, have their turn now;
  // the others are to be deferred. `more_wait`: there may be others behind them. `events_wait`: to
  // be published, more than a few.
  std::vector<bool> decide(const std::vector<std::string>& keys, bool more_wait, bool events_wait);

  void deferred(const std::string& key, std::int64_t bytes) { load(key, 1, bytes); }
  void taken_up(const std::string& key, std::int64_t bytes);

  std::int64_t reports() const { return reports_; }  // deferred, of all
  std::int64_t bytes() const { return bytes_; }      // of their payloads

 private:
  const std::size_t portion_;
  const std::size_t least_share_;
  std::unordered_map<std::string, std::int64_t> waiting_;  // reports; never 0
  // Of the reports that had their turn, up to a portion of them.
  std::unordered_map<std::string, std::size_t> taken_;
  std::size_t taken_by_all_ = 0;
  std::int64_t reports_ = 0;
  std::int64_t bytes_ = 0;
};

}  // namespace iotcard
