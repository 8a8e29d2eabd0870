// SPDX-License-Identifier: Apache-2.0
// store_platform_jobs.h - What one card platform is to be asked, read from the store, and its
// answers, put into it: the desk of domain/card_desk.h. What must outlive the process is in the
// store: who asks the platform, when each card was last asked about, what the platform did not
// know, how it fared, what operators want. On one thread at a time; throws StoreError.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "operations/operation.h"
#include "platform/platform_jobs.h"

namespace iotcard {

struct DeskOptions {
  std::int64_t platform = 0;
  std::string holder;                       // who asks: the same again after a restart
  std::chrono::milliseconds max_age{};      // of what is known of a card; 0: none is stale
  std::chrono::milliseconds unknown_for{};  // how long a miss is believed
  std::chrono::milliseconds interval{};     // between two questions about one card
  std::chrono::milliseconds timeout{};      // of one request to the platform
  bool schedule = true;                     // unknown and stale cards, too, not requests only
  std::function<void()> finished{};         // called when a request is done; may be empty
};

class StorePlatformJobs : public PlatformJobs {
 public:
  // `context` gives the rules and the time; `changed` is called after what may have made events.
  StorePlatformJobs(Store& store, DeskOptions options, std::function<Context()> context,
                    std::function<void()> changed);

  Held hold(Instant now) override;
  void let_go() noexcept override;
  std::vector<PlatformJob> requests(Instant now, int most) override;
  void give_back(const PlatformJob& request) override;
  std::vector<Iccid> unknown(Instant now, int most) override;
  std::vector<Iccid> stale(Instant now, int most) override;
  std::vector<std::string> take(const std::vector<CardAnswer>& answers) override;
  void finish(const PlatformJob& request, const std::string& failure) override;
  PlatformHealth health() override;
  void save_health(const PlatformHealth& health) override;

 private:
  bool look_for_unknown(std::int64_t& place, int spans, std::vector<Iccid>& found, int most,
                        Instant now);

  Store& store_;
  const DeskOptions options_;
  const std::function<Context()> context_;
  const std::function<void()> changed_;
  bool held_ = false;
  std::int64_t newest_ = 0;            // mismatches up to here were looked at as they came
  std::optional<std::int64_t> sweep_;  // and are looked at again, as far as this; absent: not now
  Instant swept_{};                    // the last sweep began
};

}  // namespace iotcard
