// SPDX-License-Identifier: Apache-2.0
// logging.h - Where the log goes: standard error, with the priorities that the systemd journal
// reads when it is the journal that listens, and with time and level for a person otherwise.
// One line a message, whatever stands in it: what a device made up is escaped here, for all.
// Levels: error = act, warning = it healed itself, info = life cycle, debug = a message.
// Called from main. Source: sd-daemon(3), SD_ERR and the like; systemd.exec(5), JOURNAL_STREAM.
#pragma once

#include <string>
#include <string_view>

#include "base/log_level.h"

namespace iotcard {

void set_up_logging();  // once

// What a layer has to say that does not log by itself. Any thread.
void log_line(LogLevel level, const std::string& text);

// For a program that ends at once, on standard output and standard error: the text as it is, or
// with its priority in front of each line.
void print_result(std::string_view text);
void print_error(std::string_view text);

}  // namespace iotcard
