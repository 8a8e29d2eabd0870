// SPDX-License-Identifier: Apache-2.0
// unit_of_work_samples.h - Devices, cards, bindings and reports for tests of a unit of work.
#pragma once

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "domain/unit_of_work.h"

namespace iotcard::unit_of_work_samples {

inline const DeviceKey here{"1", "HERE"};
inline const DeviceKey there{"1", "THERE"};
inline constexpr const char* card_a = "898604293620C0000970";
inline constexpr const char* card_b = "89860617060065258667";

inline Instant at(int seconds) {
  return Instant{std::chrono::hours{500'000}} + std::chrono::seconds{seconds};
}

inline Iccid iccid(const char* text) {
  return Iccid::from_canonical(text).value();
}

inline Binding bound(const DeviceKey& device, const char* text) {
  return {device, iccid(text), Match::exact, at(0), at(0), {}, "report", ""};
}

inline KnownDevice known(const DeviceKey& device, std::optional<Binding> binding = {},
                         std::vector<Mismatch> standing = {}) {
  return {
      .device = device, .id = 7, .binding = std::move(binding), .standing = std::move(standing)};
}

inline MatchedCard card(const char* text, std::optional<Binding> binding = {}) {
  return {CardState{iccid(text)}, Match::exact, std::move(binding), {}};
}

inline Mismatch mismatch(const DeviceKey& device, Outcome outcome = Outcome::card_unknown) {
  return {.device = device,
          .outcome = outcome,
          .reported = card_a,
          .platform = {},
          .first_seen = at(0),
          .last_seen = at(0),
          .ended = {},
          .ended_by = {}};
}

inline LastReport report(Instant time, const char* topic = "t") {
  return {topic, "{}", time, {}, Outcome::no_card};
}

inline CreateBinding create(const DeviceKey& device, const char* text, Instant time) {
  return {device, iccid(text), Match::exact, time, "report"};
}

}  // namespace iotcard::unit_of_work_samples
