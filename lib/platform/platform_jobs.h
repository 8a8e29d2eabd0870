// SPDX-License-Identifier: Apache-2.0
// platform_jobs.h - The port between who asks a card platform and who knows the cards: what is to
// be asked of one platform, and where its answers go. One thread at a time. Every function may
// throw what the store throws; nothing has happened then, and it may be called again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "domain/platform_health.h"
#include "platform/card_answer.h"

namespace iotcard {

// What an operator wants of a platform.
struct PlatformJob {
  std::int64_t id = 0;
  Iccid card;
  std::optional<CardAction> action{};   // absent: to ask about the card
  std::optional<Instant> not_before{};  // so often may this card be asked about
};

class PlatformJobs {
 public:
  virtual ~PlatformJobs() = default;

  enum class Held : std::uint8_t {
    no,
    anew,   // not a moment ago: another may have had it since, and whatever was taken is void
    still,  // without a gap
  };
  // Whether this process may ask the platform now: no other one does. To be called anew within
  // half a minute; a process that is gone is forgotten after one.
  virtual Held hold(Instant now) = 0;
  virtual void let_go() noexcept = 0;

  // What to ask next, at most `most` of each. Requests are given out once.
  virtual std::vector<PlatformJob> requests(Instant now, int most) = 0;
  // That nothing was begun of: whoever asks the platform next is given it.
  virtual void give_back(const PlatformJob& request) = 0;
  virtual std::vector<Iccid> unknown(Instant now, int most) = 0;  // reported, but in no store
  virtual std::vector<Iccid> stale(Instant now, int most) = 0;    // the stalest first

  // What was answered; each answer is a transaction of its own. Returns what of it was not taken
  // over, and why.
  virtual std::vector<std::string> take(const std::vector<CardAnswer>& answers) = 0;
  virtual void finish(const PlatformJob& request, const std::string& failure) = 0;

  virtual PlatformHealth health() = 0;
  virtual void save_health(const PlatformHealth& health) = 0;
};

}  // namespace iotcard
