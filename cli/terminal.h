// SPDX-License-Identifier: Apache-2.0
// terminal.h - Output for a person: colours on a terminal only, and no control character that a
// device made up; and the interrupt that a person sends. Not a screen library. The main thread
// only.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/text_sanitizer.h"

namespace iotcard {

bool is_terminal(std::FILE* stream);

// From then on SIGINT and SIGTERM set a flag, by which a verb that takes long ends.
void watch_for_interrupts();
bool interrupted();

// One line on standard output, or on standard error, escaped since a device may have made up a
// name in it.
void say(std::string_view line);
void complain(std::string_view line);
// --quiet: from then on hint() and print_change() tell a person nothing.
void be_quiet();
bool is_quiet();
// What else there is to know, on standard error.
void hint(std::string_view line);

// Asks a person at the terminal; throws std::runtime_error ("nothing was done") unless the answer
// is yes.
void ask(std::string_view question);

// Columns of the terminal that standard output is; 0 if it is none.
std::size_t terminal_width();

// The codes of ECMA-48; grey is a bright black.
enum class Colour { none = 0, red = 31, green = 32, yellow = 33, grey = 90 };
// The text in this colour if standard output is a terminal and NO_COLOR is not set.
std::string coloured(std::string_view text, Colour colour);

// A progress bar on standard error, and nothing if that is no terminal. `total` 0: not known;
// `count` stands behind the bar.
class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ~ProgressBar();  // clears the line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  // Draws at most ten times a second.
  void show(std::int64_t done, std::int64_t total, std::int64_t count);
  void show(std::int64_t done, std::int64_t total) { show(done, total, done); }
  // Makes room for a line of text on standard error.
  void clear();

 private:
  const std::string label_;
  const bool visible_;
  std::chrono::steady_clock::time_point next_draw_{};
  bool drawn_ = false;
};

}  // namespace iotcard
