// SPDX-License-Identifier: Apache-2.0
// fair_share.h - Decides which reports of a chunk of the journal are admitted now and which are
// deferred: each device has a share of the chunk, so an honest report waits for the shares of the
// others and not for all reports of a flooding device. Deferred reports are stored in the same
// transaction and applied, in their order, when there is room. While many events wait to be
// published, the shares are of the last admitted reports instead of one chunk, however small the
// chunks are. If few devices report, or no report waits behind the chunk, only reports of devices
// with deferred reports are deferred. Knows keys and numbers, not reports. Pure; one thread at a
// time.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace iotcard {

class FairShare {
 public:
  // The largest number of reports in a chunk, and what each device may have of it in any case.
  FairShare(std::size_t chunk, std::size_t min_share) : chunk_(chunk), min_share_(min_share) {}

  // Reports of this key that are deferred in the store already.
  void load(const std::string& key, std::int64_t reports, std::int64_t bytes);
  void clear();

  // Which of these reports, by the keys of their devices and in their order, are admitted; the
  // others are to be deferred. `more_wait`: there may be reports behind them. `events_wait`: many
  // events wait to be published.
  std::vector<bool> decide(const std::vector<std::string>& keys, bool more_wait, bool events_wait);

  void deferred(const std::string& key, std::int64_t bytes) { load(key, 1, bytes); }
  void taken_up(const std::string& key, std::int64_t bytes);  // no longer deferred

  std::int64_t reports() const { return reports_; }  // deferred, of all keys
  std::int64_t bytes() const { return bytes_; }      // of their topics and payloads

 private:
  const std::size_t chunk_;
  const std::size_t min_share_;
  std::unordered_map<std::string, std::int64_t> deferred_;  // reports; never 0
  // Of the last admitted reports, at most a chunk of them.
  std::unordered_map<std::string, std::size_t> admitted_;
  std::size_t admitted_in_all_ = 0;
  std::int64_t reports_ = 0;
  std::int64_t bytes_ = 0;
};

}  // namespace iotcard
