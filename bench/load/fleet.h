// SPDX-License-Identifier: Apache-2.0
// fleet.h - The devices of a storm and the cards that they report: the documented payload, bare
// ICCID and all, each device with a card of its own, spread over all that the store has.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace iotcard {

class Fleet {
 public:
  explicit Fleet(std::int64_t cards) : cards_(cards) {}  // at most 10,000,000

  static std::string card(std::int64_t number);           // its ICCID, not a number by any rule
  static std::string device(std::int64_t number);         // without its product
  static std::int64_t device_of(std::string_view topic);  // -1: it ends in no device of ours
  static std::string topic(std::int64_t number);

  std::int64_t cards() const { return cards_; }
  std::string iccid(std::int64_t device) const;
  std::string payload(std::int64_t device) const;

 private:
  std::int64_t cards_;
};

// The documented report with this in the place of its ICCID: `"…"` makes it valid JSON.
std::string documented_payload(std::string_view iccid);

}  // namespace iotcard
