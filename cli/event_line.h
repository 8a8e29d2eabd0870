// SPDX-License-Identifier: Apache-2.0
// event_line.h - One event of the daemon's as a line for a person: time, kind coloured by its
// category, subject, ICCID and what else matters. Pure but for the colours; the main thread only.
#pragma once

#include <string>
#include <string_view>

namespace iotcard {

std::string event_line(std::string_view topic, std::string_view payload);

}  // namespace iotcard
