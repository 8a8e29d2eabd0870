// SPDX-License-Identifier: Apache-2.0
#include "verbs.h"

#include <fmt/core.h>

#include <utility>

#include "base/nearest_name.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/time_spelling.h"

namespace iotcard {

void refuse_number(const char* name, const std::string& text, bool whole, std::int64_t min,
                   std::int64_t max) {
  constexpr std::int64_t any = std::numeric_limits<std::int64_t>::max();
  const std::string range = max == any ? "" : fmt::format(" from {} to {}", min, max);
  throw UsageError{fmt::format("{}: expected a {}number{}, not \"{}\"", name, whole ? "whole " : "",
                               range, printable(text))};
}

void Arguments::require_choice(const char* name, const std::string& word, const Choices& choices) {
  if (contains(choices, word)) return;
  const std::string_view option =
      std::string_view{name}.substr(std::string_view{name}.rfind(',') + 1);
  const auto meant = nearest_name(word, choices);
  throw UsageError{fmt::format("{}: \"{}\" is not one of {}{}", option, printable(word),
                               join(choices, ", "),
                               meant ? fmt::format("; did you mean \"{}\"?", *meant) : "")};
}

std::string Arguments::choices_text(const Choices& choices) {
  return '{' + join(choices, ",") + '}';
}

void Arguments::words(const char* name, const Choices& choices, std::vector<std::string>& values,
                      const std::string& help) {
  group_
      ->add_option_function<std::vector<std::string>>(
          name,
          [=, &values](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              for (const std::string_view part : split(text, ',')) {
                values.emplace_back(trim(part));
                require_choice(name, values.back(), choices);
              }
            }
          },
          help)
      ->allow_extra_args(false)
      ->type_name(choices_text(choices) + ",...");
}

void Arguments::lists() {
  if (std::exchange(is_list_, true)) return;
  verb_
      ->add_option_function<std::vector<std::string>>(
          "--columns",
          [this_output = &output_](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              for (const std::string_view part : split(text, ',')) {
                this_output->columns.emplace_back(trim(part));
              }
            }
          },
          "Only these columns, with commas between them: those of the table or the members of "
          "--json")
      ->allow_extra_args(false)
      ->type_name("NAME,...");
  verb_->add_flag_callback(
      "--no-header", [this_output = &output_] { this_output->header = false; },
      "No line with the names of the columns");
}

Duration zone_from_operator(const std::string& text) {
  const auto reading = read_zone(text);
  if (const auto* zone = std::get_if<Duration>(&reading)) return *zone;
  throw UsageError{
      fmt::format("--zone: {}, not \"{}\"", std::get<Problem>(reading).text, printable(text))};
}

DeviceKey device_from_operator(const std::string& text) {
  if (auto device = DeviceKey::parse(text)) return *std::move(device);
  throw UsageError{"\"" + printable(text) + "\" names no device: it is PRODUCT/NUMBER"};
}

Instant time_from_operator(const char* option, const std::string& text) {
  const auto reading = read_age_or_time(text, now());
  if (const auto* time = std::get_if<Instant>(&reading)) return *time;
  throw UsageError{
      fmt::format("{}: {}, not \"{}\"", option, std::get<Problem>(reading).text, printable(text))};
}

}  // namespace iotcard
