// SPDX-License-Identifier: Apache-2.0
// event_text.h - What a person reads of an event: tail prints it as a line, events as a row of a
// table. Nothing in it is escaped yet. The main thread only.
#pragma once

#include <string>
#include <string_view>

#include "base/name_table.h"
#include "terminal.h"

namespace iotcard {

struct EventText {
  std::string time;     // RFC 3339, as in the event
  std::string kind;     // "mismatch.card_in_use"; "": it is no event of this program
  std::string subject;  // the device, or "card/8986…"
  std::string iccid;    // "": none
  std::string details;  // "suspect=cloned holder=1/D2"; what tells it from others of its kind
  Colour colour = Colour::none;
};
EventText event_text(std::string_view payload);

// As it was published, without characters that control a terminal or would break the line; the
// daemon publishes none.
std::string event_json_line(const std::string& payload);

}  // namespace iotcard
