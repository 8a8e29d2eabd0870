// SPDX-License-Identifier: Apache-2.0
// logging.h - Writes the log to standard error: with priorities if the systemd journal reads it,
// otherwise with time and level for a person. One line for each message: control characters, which
// a device may have sent, are escaped here.
// Levels: error = act, warning = it healed itself, info = life cycle, debug = a message.
// Called from main. Source: sd-daemon(3), SD_ERR and the like; systemd.exec(5), JOURNAL_STREAM.
#pragma once

#include <string>
#include <string_view>

#include "base/log_level.h"

namespace iotcard {

void set_up_logging();  // once

// A line of a layer that does not log by itself. Any thread.
void log_line(LogLevel level, const std::string& text);

// For a program that ends at once, on standard output and standard error: the text as it is, or
// with its priority in front of each line.
void print_result(std::string_view text);
void print_error(std::string_view text);

}  // namespace iotcard
