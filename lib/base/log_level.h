// SPDX-License-Identifier: Apache-2.0
// log_level.h - The severity of a log line, for layers that return their lines to the caller
// instead of logging. Pure; any thread.
#pragma once

#include <cstdint>

#include "base/name_table.h"

namespace iotcard {

// error: somebody must act; warning: the daemon recovers by itself; info: life cycle; debug: one
// message.
enum class LogLevel : std::uint8_t { debug, info, warning, error };
inline constexpr auto log_level_names =
    make_name_table<LogLevel>("debug", "info", "warning", "error");

}  // namespace iotcard
