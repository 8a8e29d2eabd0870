// SPDX-License-Identifier: Apache-2.0
#include "option_tree.h"

#include <algorithm>

#include "base/text.h"

namespace iotcard {
namespace {

template <typename Wanted>
std::vector<const CLI::App*> below(const CLI::App& app, const Wanted& wanted) {
  return app.get_subcommands([&](const CLI::App* one) { return wanted(*one); });
}

void add_options(std::vector<const CLI::Option*>& all, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional() && !contains(all, option)) all.push_back(option);
  }
  for (const CLI::App* group : option_groups_in(app)) add_options(all, *group);
}

}  // namespace

std::vector<const CLI::App*> verbs_in(const CLI::App& app) {
  return below(app, [](const CLI::App& one) { return !one.get_name().empty(); });
}

std::vector<const CLI::App*> option_groups_in(const CLI::App& app) {
  return below(app, [](const CLI::App& one) { return one.get_name().empty(); });
}

std::vector<const CLI::Option*> options_in(const CLI::App& app) {
  std::vector<const CLI::Option*> all;
  add_options(all, app);
  return all;
}

std::vector<const CLI::Option*> options_known_to(const CLI::App& app) {
  std::vector<const CLI::Option*> all;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : options_in(*at)) {
      const auto same = [&](const CLI::Option* one) { return name_of(*one) == name_of(*option); };
      if (std::ranges::none_of(all, same)) all.push_back(option);  // each has its own --help
    }
  }
  return all;
}

std::vector<const CLI::Option*> arguments_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

std::string words_to(const CLI::App& app) {
  if (app.get_parent() == nullptr) return {};
  const std::string above = words_to(*app.get_parent());
  return above.empty() ? app.get_name() : above + ' ' + app.get_name();
}

std::string name_of(const CLI::Option& option) {
  if (!option.get_lnames().empty()) return "--" + option.get_lnames().front();
  if (!option.get_snames().empty()) return "-" + option.get_snames().front();
  return option.get_name(true);
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

bool may_repeat(const CLI::Option& option) {
  return option.get_expected_max() > 1;
}

std::vector<std::string> choices_in(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t end = type.rfind('}');
  std::vector<std::string> choices;
  if (!type.starts_with('{') || end == std::string::npos) return choices;
  for (const std::string_view choice : split(std::string_view{type}.substr(1, end - 1), ',')) {
    choices.emplace_back(choice);
  }
  return choices;
}

}  // namespace iotcard
