// SPDX-License-Identifier: Apache-2.0
// arguments.h - How a verb declares its arguments: names, where the parser puts their values, and
// help. Hides the parser's library, which arguments.cpp and main.cpp alone include. The values must
// live until the verb has run. The main thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace iotcard {

using Choices = std::vector<std::string>;

// The names of a NameTable.
template <typename Table>
Choices choices_of(const Table& table) {
  return {table.names.begin(), table.names.end()};
}

class Arguments {
 public:
  explicit Arguments(CLI::App& verb) : verb_(&verb), group_(&verb) {}

  // By their place, in the order of these calls.
  void required(const char* name, std::string& value, const char* help);
  void required(const char* name, std::int64_t& value, const char* help);
  void required(const char* name, std::vector<std::string>& values, const char* help);
  void positional(const char* name, std::string& value, const char* help);
  void positional(const char* name, std::vector<std::string>& values, const char* help);

  void flag(const char* name, bool& value, const std::string& help);
  // Help shows a value that is set, and not 0, as the default. `type` is what it shows for the
  // value.
  void option(const char* name, std::string& value, const std::string& help,
              const char* type = "TEXT");
  void choice(const char* name, std::string& value, const Choices& choices,
              const std::string& help);
  void repeated_choice(const char* name, std::vector<std::string>& values, const Choices& choices,
                       const std::string& help);
  void choice_list(const char* name, std::vector<std::string>& values, const Choices& choices,
                   const std::string& help);  // separated by commas
  static constexpr std::int64_t max_number = 2147483647;
  void number(const char* name, std::int64_t& value, std::int64_t min, std::int64_t max,
              const std::string& help);
  void number(const char* name, double& value, const std::string& help);  // 0 to max_number
  void number(const char* name, std::uint64_t& value, const std::string& help);

  void limit(std::int64_t& value);  // --limit of a list
  void zone(std::string& value);    // --zone; see zone_argument.h
  void excludes(const char* name, const char* other);

  // Of the options declared until end_group(), exactly one must be given.
  void begin_group(const char* name, const char* help);
  void end_group() { group_ = verb_; }
  // An option whose value may be left out. The result says after the parse whether it was given.
  std::function<bool()> option_with_optional_value(const char* name, std::string& value,
                                                   const char* type, const std::string& help);

  void footer(const std::string& text);

 private:
  CLI::App* verb_;
  CLI::App* group_;  // where options are added: the verb, or a group of it
};

}  // namespace iotcard
