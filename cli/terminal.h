// SPDX-License-Identifier: Apache-2.0
// terminal.h - Output for a person: colours on a terminal only, and no control character that a
// device made up. Not a screen library. The main thread only.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/text_sanitizer.h"

namespace iotcard {

bool is_terminal(std::FILE* stream);

// One line on standard output, or on standard error, escaped since a device may have made up a
// name in it.
void say(std::string_view line);
void complain(std::string_view line);

// Columns of the terminal that standard output is; 0 if it is none.
std::size_t terminal_width();

enum class Colour { none, red, green, yellow, blue, grey };
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
  void show(std::uint64_t done, std::uint64_t total, std::int64_t count);
  // Makes room for a line of text on standard error.
  void clear();

 private:
  const std::string label_;
  const bool visible_;
  std::int64_t next_draw_ = 0;  // steady clock, milliseconds
  bool drawn_ = false;
};

}  // namespace iotcard
