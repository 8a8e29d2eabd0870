// SPDX-License-Identifier: Apache-2.0
// verbs.h - The verbs of iotcardctl. Each is a function of a file of its own that declares the
// verb's arguments (names, where the parser puts their values, and help) and returns what to do
// once they are parsed; main.cpp has the table of them. The values must live until the verb has
// run. The main thread only.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/name_table.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
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

// The parser's own checks are not used: what they say differs from version to version.
// Throws UsageError that names the option and what was expected.
[[noreturn]] void refuse_number(const char* name, const std::string& text, bool whole,
                                std::int64_t min, std::int64_t max);
template <typename Value>
Value number_from_operator(const char* name, const std::string& text, std::int64_t min,
                           std::int64_t max) {
  Value value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool fits = error == std::errc{} && stop == end && value >= static_cast<Value>(min) &&
                    value <= static_cast<Value>(max);
  if (!fits) refuse_number(name, text, std::is_integral_v<Value>, min, max);
  return value;
}

class Arguments {
 public:
  Arguments(CLI::App& verb, OutputOptions& output) : verb_(&verb), group_(&verb), output_(output) {}

  // By its place, in the order of these calls, as option() with a name without dashes.
  template <typename Value>
  void required(const char* name, Value& value, const char* help) {
    add(verb_, name, value, help)->required();
  }

  void flag(const char* name, bool& value, const std::string& help) {
    group_->add_flag(name, value, help);
  }
  // Help shows a value that is set, and not 0, as the default.
  template <typename Value>
  CLI::Option* option(const char* name, Value& value, const std::string& help) {
    return add(group_, name, value, help);
  }
  // One of these words.
  void choice(const char* name, const Choices& choices,
              const std::function<void(const std::string&)>& take, const std::string& help) {
    group_
        ->add_option_function<std::string>(
            name,
            [=](const std::string& word) {
              require_choice(name, word, choices);
              take(word);
            },
            help)
        ->type_name(choices_text(choices));
  }
  template <typename Table, typename Enum>
  void choice(const char* name, std::optional<Enum>& value, const Table& table,
              const std::string& help) {
    choice(
        name, choices_of(table), [&](const std::string& word) { value = table.find(word); }, help);
  }
  // Several of these words, with commas between them or the option repeated.
  void words(const char* name, const Choices& choices, std::vector<std::string>& values,
             const std::string& help);
  static constexpr std::int64_t max_number = 2147483647;
  template <typename Value>
  void number(const char* name, Value& value, std::int64_t min, std::int64_t max,
              const std::string& help) {
    add_number(group_, name, value, min, max, help);
  }
  void optional_number(const char* name, std::optional<std::int64_t>& value,
                       const std::string& help) {
    group_
        ->add_option_function<std::string>(
            name,
            [=, &value](const std::string& text) {
              value = number_from_operator<std::int64_t>(name, text, 0, max_number);
            },
            help)
        ->type_name("NUMBER");
  }
  // "--name" or "--name VALUE"; "": without a value.
  void optional_value(const char* name, std::optional<std::string>& value,
                      const std::string& help) {
    group_
        ->add_option_function<std::string>(
            name, [&value](const std::string& text) { value = text; }, help)
        ->expected(0, 1);
  }
  // What every verb that prints a ListPrinter has: --columns and --no-header; -o csv and wide.
  void lists();
  bool is_list() const { return is_list_; }
  // Of a list: also what lists() declares.
  void limit(std::int64_t& value) {
    number("--limit", value, 0, max_number, "At most this many; 0 for all");
    lists();
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

  // The options declared until end_group() have a heading of their own in the help.
  void begin_group(const char* name, const char* help) {
    group_ = verb_->add_option_group(name, help);
  }
  void end_group() { group_ = verb_; }
  // `text` begins with a line feed.
  void footer(const std::string& text) { verb_->footer(text.substr(1)); }

 private:
  // Throws UsageError.
  static void require_choice(const char* name, const std::string& word, const Choices& choices);
  static std::string choices_text(const Choices& choices);

  template <typename Value>
  static CLI::Option* add(CLI::App* at, const char* name, Value& value, const std::string& help) {
    if constexpr (std::is_arithmetic_v<Value>) {
      using Limits = std::numeric_limits<std::int64_t>;
      return add_number(at, name, value, std::is_unsigned_v<Value> ? 0 : Limits::min(),
                        Limits::max(), help);
    } else if constexpr (std::is_same_v<Value, std::vector<std::int64_t>>) {
      return at
          ->add_option_function<std::vector<std::string>>(
              name,
              [&value, name](const std::vector<std::string>& texts) {
                for (const std::string& text : texts) {
                  value.push_back(number_from_operator<std::int64_t>(name, text, 0, max_number));
                }
              },
              help)
          ->type_name("NUMBER");
    } else {
      CLI::Option* option = at->add_option(name, value, help);
      return value == Value{} ? option : option->capture_default_str();
    }
  }
  template <typename Value>
  static CLI::Option* add_number(CLI::App* at, const char* name, Value& value, std::int64_t min,
                                 std::int64_t max, const std::string& help) {
    CLI::Option* option = at->add_option_function<std::string>(
        name,
        [=, &value](const std::string& text) {
          value = number_from_operator<Value>(name, text, min, max);
        },
        help);
    option->type_name("NUMBER");
    return value == Value{} ? option : option->default_str(fmt::format("{}", value));
  }

  CLI::App* verb_;
  CLI::App* group_;  // where options are added: the verb, or a group of it
  OutputOptions& output_;
  bool is_list_ = false;
};

// The values of some arguments; each throws UsageError.
Duration zone_from_operator(const std::string& text);     // --zone
DeviceKey device_from_operator(const std::string& text);  // "PRODUCT/NUMBER"
// An age or a time: read_age_or_time().
Instant time_from_operator(const char* option, const std::string& text);
// --sort: "expires_at" or "expires_at:desc".
template <typename Filter, typename Names>
void sort_by(Filter& filter, std::string_view text, const Names& names) {
  const std::size_t colon = text.find(':');
  const auto order = names.find(text.substr(0, colon));
  const std::string_view direction = colon == text.npos ? "asc" : text.substr(colon + 1);
  if (!order || (direction != "asc" && direction != "desc")) {
    throw UsageError{fmt::format("--sort: \"{}\" is not COLUMN or COLUMN:desc; the columns are {}",
                                 printable(text), join(choices_of(names), ", "))};
  }
  filter.order = *order;
  filter.descending = direction == "desc";
}
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
Action card_lookup_verb(Arguments& arguments);
Action search_verb(Arguments& arguments);
Action card_add_verb(Arguments& arguments);
Action card_set_verb(Arguments& arguments);
Action card_remove_verb(Arguments& arguments);
Action card_refresh_verb(Arguments& arguments);
Action card_suspend_verb(Arguments& arguments);
Action card_resume_verb(Arguments& arguments);
Action device_list_verb(Arguments& arguments);
Action device_show_verb(Arguments& arguments);
Action device_ask_verb(Arguments& arguments);
Action device_remove_verb(Arguments& arguments);
Action bind_verb(Arguments& arguments);
Action unbind_verb(Arguments& arguments);
Action mismatch_list_verb(Arguments& arguments);
Action mismatch_show_verb(Arguments& arguments);
Action mismatch_accept_verb(Arguments& arguments);
Action mismatch_dismiss_verb(Arguments& arguments);
Action mismatch_reopen_verb(Arguments& arguments);
Action rejected_list_verb(Arguments& arguments);
Action rejected_show_verb(Arguments& arguments);
Action rejected_remove_verb(Arguments& arguments);
Action settings_verb(Arguments& arguments);
Action quarantine_list_verb(Arguments& arguments);
Action quarantine_remove_verb(Arguments& arguments);
Action platform_list_verb(Arguments& arguments);
Action platform_test_verb(Arguments& arguments);
Action platform_accept_verb(Arguments& arguments);
Action token_add_verb(Arguments& arguments);
Action token_list_verb(Arguments& arguments);
Action token_remove_verb(Arguments& arguments);
Action replay_verb(Arguments& arguments);
Action explain_verb(Arguments& arguments);
Action events_verb(Arguments& arguments);
Action tail_verb(Arguments& arguments);
Action simulate_verb(Arguments& arguments);
Action status_verb(Arguments& arguments);
Action doctor_verb(Arguments& arguments);

}  // namespace iotcard
