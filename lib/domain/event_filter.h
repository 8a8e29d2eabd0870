// SPDX-License-Identifier: Apache-2.0
// event_filter.h - Chooses events by kind, device, card and time, from the text of an event alone,
// so that events in the store and in memory are filtered alike and without parsing them. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/event.h"

namespace iotcard {

// The kinds of a name: "mismatch.card_in_use" is one kind, "mismatch" is all kinds of mismatches.
// nullopt: no kind is named so.
std::optional<EventKinds> event_kinds_named(std::string_view name);

// The kind of a text that event_json() made, with or without an id; "" for any other text.
std::string_view event_kind(std::string_view event_json);

struct EventFilter {
  EventKinds kinds{};  // none: of every kind
  // The device that the event is about.
  std::optional<DeviceKey> device{};
  // The event names this card: its own, the bound one, or a candidate.
  std::optional<Iccid> iccid{};
  std::optional<Instant> since{};   // the event's own time
  std::optional<Instant> before{};  // the event's own time, exclusive
  bool empty() const { return *this == EventFilter{}; }
  friend bool operator==(const EventFilter&, const EventFilter&) = default;
};

// A filter that is ready to look at many events.
class EventMatcher {
 public:
  explicit EventMatcher(const EventFilter& filter);
  bool matches(std::string_view event_json) const;

 private:
  EventKinds kinds_;
  std::string subject_;  // as in the text, with its quotes; "": any
  std::string iccid_;    // with its quotes; "": any
  std::optional<Instant> since_;
  std::optional<Instant> before_;
};

}  // namespace iotcard
