// SPDX-License-Identifier: Apache-2.0
#include "manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "base/text.h"
#include "option_tree.h"

namespace iotcard {
namespace {

// What scdoc would take for a mark.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool marks = c == '_' || c == '*' || c == '\\';
    const bool marks_line = out.empty() && std::string_view{"#-;|[]`"}.find(c) != text.npos;
    if (marks || marks_line) out += '\\';
    out += c;
  }
  return out;
}

std::string sentence(const std::string& text) {
  if (text.empty() || text.ends_with('.')) return escaped(text);
  return escaped(text) + '.';
}

// "_TEXT_", "_WORD_" of choices, "_WORD,..._" of a list of choices.
std::string value_text(const CLI::Option& option) {
  if (!takes_value(option)) return {};
  const bool has_choices = !choices_in(option).empty();
  const std::string type = !has_choices         ? option.get_type_name()
                           : may_repeat(option) ? std::string{"WORD,..."}
                                                : std::string{"WORD"};
  const bool is_optional = option.get_items_expected_min() == 0;
  // "[DIR]" says so itself.
  const std::string name = type.starts_with('[') ? type.substr(1, type.size() - 2) : type;
  const std::string text = '_' + escaped(name) + '_';
  return is_optional ? " [" + text + ']' : ' ' + text;
}

std::string choices_text(const CLI::Option& option) {
  const auto choices = choices_in(option);
  if (choices.empty()) return {};
  return fmt::format(" {}: {}.", may_repeat(option) ? "Some of" : "One of",
                     escaped(join(choices, ", ")));
}

std::string default_text(const CLI::Option& option) {
  const std::string text = option.get_default_str();
  return text.empty() ? "" : fmt::format(" By default {}.", escaped(text));
}

void add_option(std::string& out, const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) names += fmt::format("*-{}*, ", name);
  for (const std::string& name : option.get_lnames()) names += fmt::format("*--{}*, ", name);
  if (names.ends_with(", ")) names.resize(names.size() - 2);
  out +=
      fmt::format("{}{}\n\t{}{}{}\n\n", names, value_text(option),
                  sentence(option.get_description()), choices_text(option), default_text(option));
}

bool is_help(const CLI::Option& option) {
  return name_of(option) == "--help";
}

void add_options(std::string& out, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional() && !is_help(*option)) add_option(out, *option);
  }
}

// "[_ICCID_] [_FIELDS_...]".
std::string arguments_text(const CLI::App& verb) {
  std::string text;
  for (const CLI::Option* argument : arguments_of(verb)) {
    std::string one =
        '_' + escaped(name_of(*argument)) + '_' + (may_repeat(*argument) ? "..." : "");
    if (!argument->get_required()) one = '[' + one + ']';
    text += ' ' + one;
  }
  return text;
}

// The lines of a footer are of one length but the last of a paragraph. What these begin is another
// matter, too.
void add_footer(std::string& out, const std::string& footer) {
  constexpr std::size_t short_line = 70;
  constexpr std::array<std::string_view, 3> beginnings{"With --json", "Exit status", "Times:"};
  for (const std::string_view line : split(footer, '\n')) {
    const auto begins = [&](std::string_view words) { return line.starts_with(words); };
    if (std::ranges::any_of(beginnings, begins) && !out.ends_with("\n\n")) out += '\n';
    out += escaped(line) + '\n';
    if (line.size() < short_line && line.ends_with('.')) out += '\n';
  }
  if (!out.ends_with("\n\n")) out += '\n';
}

const CLI::App& root_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app : root_of(*app.get_parent());
}

void add_verb(std::string& out, const CLI::App& verb) {
  out += fmt::format("## {}\n\n*iotcardctl {}* [_OPTION_]...{}\n\n{}\n\n", words_to(verb),
                     words_to(verb), arguments_text(verb), sentence(verb.get_description()));
  for (const CLI::Option* argument : arguments_of(verb)) {
    out += fmt::format("_{}_\n\t{}{}\n\n", escaped(name_of(*argument)),
                       sentence(argument->get_description()), default_text(*argument));
  }
  add_options(out, verb);
  for (const CLI::App* group : option_groups_in(verb)) {
    out += escaped(group->get_description()) + ":\n\n";
    add_options(out, *group);
  }
  // A verb without one has inherited the program's.
  if (verb.get_footer() != root_of(verb).get_footer()) add_footer(out, verb.get_footer());
}

}  // namespace

std::string manual_part(const CLI::App& app, const std::string& part) {
  std::string out;
  if (part == "options") add_options(out, app);
  for (const CLI::App* verb : verbs_in(app)) {
    const std::string& name = verb->get_name();
    const bool is_group = !verbs_in(*verb).empty();
    if (part == "groups" && is_group) {
      out += fmt::format("*iotcardctl {0}*, see *iotcardctl-{0}*(1)\n\t{1}\n\n", name,
                         sentence(verb->get_description()));
    }
    if (part == "commands" && !is_group) add_verb(out, *verb);
    if (part != name || !is_group) continue;
    for (const CLI::App* one : verbs_in(*verb)) add_verb(out, *one);
  }
  return out;
}

}  // namespace iotcard
