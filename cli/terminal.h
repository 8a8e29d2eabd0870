// SPDX-License-Identifier: Apache-2.0
// terminal.h - What a terminal wants: colours only where one listens, and no control character
// that a device made up. Not a screen library. The main thread only.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/text_sanitizer.h"

namespace iotcard {

bool is_terminal(std::FILE* stream);

// One line on standard output, or on standard error, escaped (domain/plain_text.h): for all
// text but tables, in which a name may stand that a device made up.
void say(std::string_view line);
void complain(std::string_view line);

// How many columns the text takes; wide characters count two.
std::size_t columns(std::string_view text);

enum class Colour { none, red, green, yellow, blue, grey };
// The text in this colour if standard output is a terminal and NO_COLOR is not set.
std::string coloured(std::string_view text, Colour colour);

// A progress bar on standard error, and nothing if that is no terminal. `total` 0: not known;
// `count` is shown as it is.
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
