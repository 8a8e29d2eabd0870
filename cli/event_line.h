// SPDX-License-Identifier: Apache-2.0
// event_line.h - One event of the daemon as a line for a person: time, kind coloured by category,
// subject, ICCID and what else matters. The main thread only, because of the colours.
#pragma once

#include <string>
#include <string_view>

namespace iotcard {

std::string event_line(std::string_view topic, std::string_view payload);

}  // namespace iotcard
