// SPDX-License-Identifier: Apache-2.0
// manual.h - The part of the manual pages that says what --help says, in the language of scdoc(5).
// scripts/manuals.sh puts it into docs/man; a test says when the pages and the program have parted.
// Pure; the main thread only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace iotcard {

inline constexpr std::string_view manual_word = "__manual";

// `part`: "options", the global ones; "groups", a line each; "commands", those without a group; or
// the name of a group. "" if there is no such part.
std::string manual_part(const CLI::App& app, const std::string& part);

}  // namespace iotcard
