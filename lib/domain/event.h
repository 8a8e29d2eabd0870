// SPDX-License-Identifier: Apache-2.0
// event.h - A message that the daemon publishes: CloudEvents 1.0 in structured JSON on one line,
// and its topic. schemas/event.schema.json describes the data of each kind. Pure; any thread.
// Source: CloudEvents 1.0.2, JSON event format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/enum_set.h"
#include "base/name_table.h"
#include "base/time.h"
#include "domain/device.h"
#include "domain/device_report.h"
#include "domain/iccid.h"

namespace iotcard {

// The first nine are the outcomes of decision.h.
enum class EventKind : std::uint8_t {
  report_no_card,
  mismatch_iccid_invalid,
  mismatch_iccid_ambiguous,
  mismatch_card_unknown,
  mismatch_wrong_platform,
  mismatch_device_has_other_card,
  mismatch_card_in_use,
  binding_created,
  binding_confirmed,
  binding_released,
  mismatch_cleared,
  card_abnormal,
  card_recovered,
  report_rejected,
  device_silent,
  device_heard,
};
inline constexpr auto event_names = make_name_table<EventKind>(
    "report.no_card", "mismatch.iccid_invalid", "mismatch.iccid_ambiguous", "mismatch.card_unknown",
    "mismatch.wrong_platform", "mismatch.device_has_other_card", "mismatch.card_in_use",
    "binding.created", "binding.confirmed", "binding.released", "mismatch.cleared", "card.abnormal",
    "card.recovered", "report.rejected", "device.silent", "device.heard");
using EventKinds = EnumSet<EventKind>;

struct Event {
  EventKind kind;
  std::optional<DeviceKey> device;  // an event has a device, a card or both
  std::optional<Iccid> card;
  Instant time;
  std::string data;  // a JSON object
};

// Without the configured prefix: "event/binding/created/1/D6O0RUN27PPP", or "event/card/…" and
// "card/8986…" for a card without a device.
std::string event_topic(const Event& event);
// Without its id: the store adds it when the event is read for publishing.
std::string event_json(const Event& event);
// `id` is "<store id>:<sequence>". A text that has an id, or that event_json() did not make, stays
// as it is.
std::string with_event_id(std::string_view event_json, std::string_view id);
// The same event in at most so many bytes: the payload that it quotes is shortened, and
// "payload_cut" says so. nullopt: it quotes none, or is too long without it.
std::optional<std::string> shortened_event(std::string_view event_json, std::size_t max_bytes);
// The time in a text that event_json() made; nullopt for any other text.
std::optional<Instant> event_time(std::string_view json);

// A report that could not be read, or a card state that was refused. The event has the first 4096
// bytes of the payload, as text if they are UTF-8 and in base64 if not.
Event rejection_event(const std::optional<DeviceKey>& device, std::string_view topic,
                      const Rejection& rejection, std::string_view payload, std::size_t size,
                      Instant now);

}  // namespace iotcard
