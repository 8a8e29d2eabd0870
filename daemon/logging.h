// SPDX-License-Identifier: Apache-2.0
// logging.h - Writes the log to standard error, as text or as one JSON object a line: with
// priorities if the systemd journal reads it, otherwise, as text, with time (UTC) and level for a
// person. One line for each message: control characters, which a device may have sent, are escaped
// here.
// Levels: error = act, warning = it healed itself, info = life cycle, debug = a message.
// Source: sd-daemon(3), SD_ERR and the like; systemd.exec(5), JOURNAL_STREAM.
#pragma once

#include <string>
#include <string_view>

#include "base/log_level.h"
#include "config/config.h"

namespace iotcard {

// At the start and at each reload; on the main thread.
void set_up_logging(const LogConfig& log);

// A line of a layer that does not log by itself. Any thread.
void log_line(LogLevel level, const std::string& text);

// For a program that ends at once, on standard output and standard error. The result is the text as
// it is; an error has the format of the log, text unless set_up_logging() has said otherwise. If
// the journal reads it, each line has its priority in front.
void print_result(std::string_view text);
void print_error(std::string_view text);

}  // namespace iotcard
