// SPDX-License-Identifier: Apache-2.0
// not_found_guard.h - Holds back a wave: when a platform suddenly does not find many cards that it
// had, the platform (a gateway, an address, an account) is more likely to be wrong than the cards.
//
// A card that turns not_found is first held back, and asked about again some minutes later. The
// first one begins a round. A round counts what follows: cards that turned not_found, applied or
// held back, and answers that a card is there. It ends when no card has turned, or after max_age,
// in which every card is asked about once; cards still held back then count in the next one. Older
// answers of a round count less, so that they do not hide a wave.
// - More than `count` cards, and more than `share` of the round's answers, are a wave: nothing more
//   is applied, and the platform counts as failing, until the numbers are no longer exceeded.
// - Otherwise a card is applied when it is not found again, once the share is not exceeded, or once
//   it has been held back for max_age.
// - A platform with no more than `count` cards cannot have a wave, so nothing is held back. A
//   refresh that an operator requests counts as any other, found or not, and is applied at once
//   unless there is a wave.
// All of it is in the store, so a restart changes nothing, and costs a look-up by key an answer.
// Called inside the transaction that stores the answer. One thread at a time; throws StoreError.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "domain/iccid.h"
#include "store/platform_store.h"

namespace iotcard {

struct NotFoundLimit {
  int share = 10;  // percent of the answers of a round; 100 is never exceeded
  std::int64_t count = 20;
};

class NotFoundGuard {
 public:
  struct Options {
    std::int64_t platform = 0;
    NotFoundLimit limit{};
    std::chrono::milliseconds max_age{};  // of a card's state: how long a round lasts
  };
  struct Verdict {
    bool held = false;                      // do not apply it
    std::chrono::milliseconds ask_after{};  // if held
    std::string notice{};                   // a wave has begun or ended, for the log; "": neither
  };

  NotFoundGuard(PlatformStore& store, Options options) : store_(store), options_(options) {}

  // The platform does not find a card that it had. `requested`: an operator asked about this card.
  Verdict not_found(const Iccid& card, Instant now, bool requested);
  Verdict found(const Iccid& card, Instant now);

 private:
  NotFoundRound round_at(Instant now);
  bool exceeds_share(const NotFoundRound& round) const;
  bool is_wave(const NotFoundRound& round) const;
  std::string save(NotFoundRound round, Instant now);

  PlatformStore& store_;
  const Options options_;
};

}  // namespace iotcard
