// SPDX-License-Identifier: Apache-2.0
// verbs.h - The verbs of iotcardctl. Each is a function of a file of its own that declares the
// verb's arguments (names, where the parser puts their values, and help) and returns what to do
// once they are parsed; main.cpp has the table of them. The values must live until the verb has
// run. The main thread only.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/name_table.h"
#include "base/time.h"
#include "domain/device.h"
#include "program.h"

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

  // By its place, in the order of these calls, as option() with a name without dashes.
  template <typename Value>
  void required(const char* name, Value& value, const char* help) {
    verb_->add_option(name, value, help)->required();
  }

  void flag(const char* name, bool& value, const std::string& help) {
    group_->add_flag(name, value, help);
  }
  // Help shows a value that is set, and not 0, as the default.
  template <typename Value>
  CLI::Option* option(const char* name, Value& value, const std::string& help) {
    CLI::Option* option = group_->add_option(name, value, help);
    return value == Value{} ? option : option->capture_default_str();
  }
  // One of these words.
  void choice(const char* name, const Choices& choices,
              const std::function<void(const std::string&)>& take, const std::string& help) {
    group_->add_option_function<std::string>(name, take, help)->check(CLI::IsMember(choices));
  }
  template <typename Table, typename Enum>
  void choice(const char* name, std::optional<Enum>& value, const Table& table,
              const std::string& help) {
    choice(
        name, choices_of(table), [&](const std::string& word) { value = table.find(word); }, help);
  }
  static constexpr std::int64_t max_number = 2147483647;
  template <typename Value>
  void number(const char* name, Value& value, std::int64_t min, std::int64_t max,
              const std::string& help) {
    option(name, value, help)->check(CLI::Range(min, max));
  }
  // "--name" or "--name VALUE"; "": without a value.
  void optional_value(const char* name, std::optional<std::string>& value,
                      const std::string& help) {
    group_
        ->add_option_function<std::string>(
            name, [&value](const std::string& text) { value = text; }, help)
        ->expected(0, 1);
  }
  void limit(std::int64_t& value) {
    number("--limit", value, 0, max_number, "At most this many; 0 for all");
  }
  // See zone_from_operator().
  void zone(std::string& value) {
    value = "UTC";
    option("--zone", value,
           "Time zone of times that name none: UTC, or an offset from it such as +08:00");
  }
  // --bound and --unbound.
  void bound(std::optional<bool>& value, const char* bound_help, const char* unbound_help) {
    CLI::Option* bound = verb_->add_flag_callback(
        "--bound", [&] { value = true; }, bound_help);
    verb_
        ->add_flag_callback(
            "--unbound", [&] { value = false; }, unbound_help)
        ->excludes(bound);
  }
  void excludes(const char* name, const char* other) {
    verb_->get_option(name)->excludes(verb_->get_option(other));
  }

  // Of the options declared until end_group(), exactly one must be given.
  void begin_group(const char* name, const char* help) {
    group_ = verb_->add_option_group(name, help);
    group_->require_option(1);
  }
  void end_group() { group_ = verb_; }
  // `text` begins with a line feed.
  void footer(const std::string& text) { verb_->footer(text.substr(1)); }

 private:
  CLI::App* verb_;
  CLI::App* group_;  // where options are added: the verb, or a group of it
};

// The values of some arguments; each throws UsageError.
Duration zone_from_operator(const std::string& text);     // --zone
DeviceKey device_from_operator(const std::string& text);  // "PRODUCT/NUMBER"
Instant time_from_operator(const char* option, const std::string& text);
// For the footer of a verb that reads times.
inline constexpr const char* time_help =
    R"(
Times: 2026-11-23, 2026/11/23, 20261123, 23.11.2026, 2026年11月23日, 2026-11-23 20:51:00,
2026-11-23T20:51:00+08:00, or seconds or milliseconds since 1970; a date is its midnight.
11/23/2026 is refused: day and month could be exchanged. Sizes: 500000000, 500MB, 1.5GiB.)";

// Returns the exit status. Throws UsageError, ConfigError and what the operations throw.
using Action = std::function<int(Program&)>;

struct Verb {
  const char* group;  // such as "card"; "": none
  const char* name;
  const char* description;
  Action (*declare)(Arguments& arguments);
  bool needs_good_configuration = true;  // false: the verb itself reports what is wrong with it
};

Action card_import_verb(Arguments& arguments);
Action card_export_verb(Arguments& arguments);
Action card_list_verb(Arguments& arguments);
Action card_show_verb(Arguments& arguments);
Action card_add_verb(Arguments& arguments);
Action card_set_verb(Arguments& arguments);
Action card_remove_verb(Arguments& arguments);
Action card_refresh_verb(Arguments& arguments);
Action card_suspend_verb(Arguments& arguments);
Action card_resume_verb(Arguments& arguments);
Action device_list_verb(Arguments& arguments);
Action device_show_verb(Arguments& arguments);
Action device_ask_verb(Arguments& arguments);
Action bind_verb(Arguments& arguments);
Action unbind_verb(Arguments& arguments);
Action mismatch_list_verb(Arguments& arguments);
Action mismatch_accept_verb(Arguments& arguments);
Action mismatch_dismiss_verb(Arguments& arguments);
Action rejected_list_verb(Arguments& arguments);
Action rejected_show_verb(Arguments& arguments);
Action quarantine_list_verb(Arguments& arguments);
Action quarantine_remove_verb(Arguments& arguments);
Action platform_list_verb(Arguments& arguments);
Action platform_test_verb(Arguments& arguments);
Action platform_accept_verb(Arguments& arguments);
Action replay_verb(Arguments& arguments);
Action explain_verb(Arguments& arguments);
Action tail_verb(Arguments& arguments);
Action simulate_verb(Arguments& arguments);
Action status_verb(Arguments& arguments);
Action doctor_verb(Arguments& arguments);

}  // namespace iotcard
