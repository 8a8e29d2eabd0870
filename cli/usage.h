// SPDX-License-Identifier: Apache-2.0
// usage.h - What is wrong with a command line, in this program's words: the parser's own texts
// differ from version to version, and say of a mistyped verb only that one is missing. The main
// thread only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace iotcard {

// "iotcardctl help card list" as "iotcardctl card list --help", and "version" as --version.
std::vector<std::string> with_usual_words(std::vector<std::string> arguments);

// Whether only the word is missing that names a verb, as in "iotcardctl" or "iotcardctl card": then
// the help says which there are.
bool lacks_only_a_verb(const CLI::App& app, const CLI::ParseError& error);

// One sentence that names the mistake and what to do. It may hold arguments as they were typed.
std::string usage_mistake(const CLI::App& app, const CLI::ParseError& error);

}  // namespace iotcard
