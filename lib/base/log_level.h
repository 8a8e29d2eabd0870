// SPDX-License-Identifier: Apache-2.0
// log_level.h - How much a line for the log matters, for the layers that hand lines to whoever made
// them instead of logging themselves. Pure; any thread.
#pragma once

#include <cstdint>

namespace iotcard {

// error: somebody must act; warning: it heals by itself; info: life cycle; debug: a message.
enum class LogLevel : std::uint8_t { debug, info, warning, error };

}  // namespace iotcard
