// SPDX-License-Identifier: Apache-2.0
// completion_line.h - A command line that is being typed, read as far as the cursor: which verb was
// reached, what stands at the cursor, and what the line says to work on. It reads like the parser,
// but takes a line that is not finished, and finds no mistakes. Pure; the main thread only.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "program.h"

namespace iotcard {

struct LineAtCursor {
  const CLI::App* verb = nullptr;           // that was reached: the program, a group or a verb
  std::vector<const CLI::Option*> given{};  // options that the line has already
  const CLI::Option* value_of = nullptr;    // the option or argument whose value is typed
  bool may_be_option = false;               // the word may be the name of an option
  bool may_be_verb = false;                 // it may be the name of a verb
  std::string before{};                     // of the word, such as "--sort=": it stays
  std::string typed{};                      // what is behind that
  Target target{};                          // of --config, --store, --api, --token-file
};

// `words`: those behind the program's name; the last one ends at the cursor and may be "".
LineAtCursor read_line_at_cursor(const CLI::App& app, std::span<const std::string> words);

}  // namespace iotcard
