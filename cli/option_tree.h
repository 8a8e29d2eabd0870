// SPDX-License-Identifier: Apache-2.0
// option_tree.h - The verbs, options and arguments that are declared, for texts about them: the
// parser itself has them in several places, which differ from version to version. The main thread
// only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace iotcard {

// The verbs of a group, or the groups and verbs of the program, in the order of the help.
std::vector<const CLI::App*> verbs_in(const CLI::App& app);
// Those with a heading of their own in the help of a verb.
std::vector<const CLI::App*> option_groups_in(const CLI::App& app);
// The options of this application, those of its option groups among them; no arguments.
std::vector<const CLI::Option*> options_in(const CLI::App& app);
// Also those of the applications above it, which are understood behind a verb.
std::vector<const CLI::Option*> options_known_to(const CLI::App& app);
// Arguments that are known by their place, in their order.
std::vector<const CLI::Option*> arguments_of(const CLI::App& app);

// "card list"; "" for the program.
std::string words_to(const CLI::App& app);
// "--limit", "-h" where there is no long one, or "ICCID" of an argument.
std::string name_of(const CLI::Option& option);
bool takes_value(const CLI::Option& option);
bool may_repeat(const CLI::Option& option);
// The words that an option takes, if Arguments::choice() or words() declared it; else none.
std::vector<std::string> choices_in(const CLI::Option& option);

}  // namespace iotcard
