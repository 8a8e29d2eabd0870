// SPDX-License-Identifier: Apache-2.0
#include "usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nearest_name.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "option_tree.h"

namespace iotcard {
namespace {

using Names = std::vector<std::string>;

// What other programs call it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15> synonyms = {
    {{"ls", "list"},
     {"dir", "list"},
     {"delete", "remove"},
     {"del", "remove"},
     {"rm", "remove"},
     {"get", "show"},
     {"describe", "show"},
     {"info", "show"},
     {"new", "add"},
     {"create", "add"},
     {"update", "set"},
     {"edit", "set"},
     {"watch", "tail"},
     {"check", "doctor"},
     {"sim", "card"}}};

// The application that was reached: of "iotcardctl card lst", that of card.
const CLI::App& reached(const CLI::App& app) {
  const CLI::App* current = &app;
  for (auto under = current->get_subcommands(); !under.empty();
       under = current->get_subcommands()) {
    current = under.back();
  }
  return *current;
}

// Of an error's text, which begins with the program's name anyway.
std::string words_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? "iotcardctl" : words_to(app);
}

// "iotcardctl card list".
std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? "iotcardctl" : "iotcardctl " + words_to(app);
}

Names verbs_of(const CLI::App& app) {
  Names names;
  for (const CLI::App* verb : verbs_in(app)) names.push_back(verb->get_name());
  return names;
}

Names long_names_known_to(const CLI::App& app) {
  Names names;
  for (const CLI::Option* option : options_known_to(app)) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::optional<std::string> meant_by(std::string_view word, const Names& known) {
  const auto synonym =
      std::ranges::find(synonyms, word, &std::pair<std::string_view, std::string_view>::first);
  if (synonym != synonyms.end() && contains(known, synonym->second)) {
    return std::string{synonym->second};
  }
  return nearest_name(word, known);
}

// Of "iotcardctl lst": the groups that have such a verb, as "card list".
Names meant_in_groups(std::string_view word, const CLI::App& app) {
  Names found;
  for (const CLI::App* group : verbs_in(app)) {
    const auto verb = meant_by(word, verbs_of(*group));
    if (verb) found.push_back(group->get_name() + ' ' + *verb);
  }
  return found;
}

std::string did_you_mean(std::string_view word, const CLI::App& app) {
  if (word == "help" || word == "version") return fmt::format(", did you mean \"--{}\"?", word);
  if (const auto verb = meant_by(word, verbs_of(app))) {
    return fmt::format(", did you mean \"{}\"?", *verb);
  }
  const Names found = meant_in_groups(word, app);
  return found.empty() ? "" : fmt::format(", did you mean \"{}\"?", join(found, "\" or \""));
}

std::string unknown_verb(const std::string& word, const CLI::App& app) {
  const bool in_group = app.get_parent() != nullptr;
  const std::string meant = did_you_mean(word, app);
  return fmt::format("there is no \"{}\"{}{} known: {}", printable(word),
                     in_group ? " in " + words_of(app) : "", meant.empty() ? ";" : meant,
                     join(verbs_of(app), ", "));
}

std::string unknown_option(const std::string& word, const CLI::App& app) {
  const std::string name = word.substr(0, word.find('='));
  const auto meant = nearest_name(name, long_names_known_to(app));
  return fmt::format("{}: there is no option {}{}", words_of(app), printable(name),
                     meant ? fmt::format(", did you mean {}?", *meant)
                           : fmt::format("; see {} --help", path_of(app)));
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

// The name of the option or the argument that an error is about; it begins the parser's text.
std::string name_in(const CLI::ParseError& error) {
  const std::string text = error.what();
  return text.substr(0, text.find_first_of(" :"));
}

}  // namespace

std::vector<std::string> with_usual_words(std::vector<std::string> arguments) {
  if (arguments.empty()) return arguments;
  if (arguments.front() == "version") return {"--version"};
  if (arguments.front() != "help") return arguments;
  arguments.erase(arguments.begin());
  arguments.emplace_back("--help");
  return arguments;
}

bool lacks_only_a_verb(const CLI::App& app, const CLI::ParseError& error) {
  return error.get_name() == "RequiredError" && !verbs_of(reached(app)).empty() &&
         app.remaining(true).empty();
}

std::string usage_mistake(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& at = reached(app);
  const std::string& kind = error.get_name();
  const std::string see = fmt::format("; see {} --help", path_of(at));
  const Names unknown = app.remaining(true);
  const auto option = std::ranges::find_if(unknown, is_option);
  const auto word = std::ranges::find_if_not(unknown, is_option);
  const bool groups = !verbs_of(at).empty();
  if (groups && word != unknown.end() && (option == unknown.end() || word < option)) {
    return unknown_verb(*word, at);
  }
  if (option != unknown.end()) return unknown_option(*option, at);
  if (word != unknown.end()) {
    return fmt::format("{}: one word too many, \"{}\"{}", words_of(at), printable(*word), see);
  }
  if (kind == "RequiredError") {
    return fmt::format("{}: {} is missing{}", words_of(at), name_in(error), see);
  }
  if (kind == "ExcludesError") {
    const std::string text = error.what();
    const std::string other = text.substr(text.rfind(' ') + 1);
    return fmt::format("{} and {}: give one of them, not both", name_in(error), other);
  }
  if (kind == "ArgumentMismatch") {
    return fmt::format("{}: expected one value{}", name_in(error), see);
  }
  return fmt::format("{}: these arguments do not fit together{}", words_of(at), see);
}

}  // namespace iotcard
