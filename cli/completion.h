// SPDX-License-Identifier: Apache-2.0
// completion.h - What the Tab key offers: the completions of bash, zsh and fish (cli/completions)
// call `iotcardctl __complete WORD…` with the words behind the program's name, the last one as far
// as the cursor. The first line of the answer has the words "files" (names of files fit, too) and
// "part" (no blank behind a candidate), or none; each further line is a candidate, a tab, and what
// it is. Silent whatever goes wrong, at most a few dozen rows, at most two seconds; it makes no
// store and changes none. The main thread only.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

#include "program.h"

namespace iotcard {

inline constexpr std::string_view completion_word = "__complete";

// Returns the exit status.
int complete(const CLI::App& app, Program& program, std::span<const std::string> words);

}  // namespace iotcard
