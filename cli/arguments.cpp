// SPDX-License-Identifier: Apache-2.0
#include "arguments.h"

#include <CLI/CLI.hpp>

namespace iotcard {
namespace {

// Adds an option; one whose value is set has a default.
template <typename Value>
CLI::Option* add_option(CLI::App& app, const char* name, Value& value, const std::string& help) {
  CLI::Option* option = app.add_option(name, value, help);
  return value == Value{} ? option : option->capture_default_str();
}

}  // namespace

void Arguments::required(const char* name, std::string& value, const char* help) {
  verb_->add_option(name, value, help)->required();
}
void Arguments::required(const char* name, std::int64_t& value, const char* help) {
  verb_->add_option(name, value, help)->required();
}
void Arguments::required(const char* name, std::vector<std::string>& values, const char* help) {
  verb_->add_option(name, values, help)->required();
}
void Arguments::positional(const char* name, std::string& value, const char* help) {
  add_option(*verb_, name, value, help);
}
void Arguments::positional(const char* name, std::vector<std::string>& values, const char* help) {
  verb_->add_option(name, values, help);
}

void Arguments::flag(const char* name, bool& value, const std::string& help) {
  group_->add_flag(name, value, help);
}

void Arguments::option(const char* name, std::string& value, const std::string& help,
                       const char* type) {
  add_option(*group_, name, value, help)->type_name(type);
}

void Arguments::choice(const char* name, std::string& value, const Choices& choices,
                       const std::string& help) {
  group_->add_option(name, value, help)->check(CLI::IsMember(choices));
}

void Arguments::repeated_choice(const char* name, std::vector<std::string>& values,
                                const Choices& choices, const std::string& help) {
  group_->add_option(name, values, help)->check(CLI::IsMember(choices))->allow_extra_args(false);
}

void Arguments::choice_list(const char* name, std::vector<std::string>& values,
                            const Choices& choices, const std::string& help) {
  group_->add_option(name, values, help)->delimiter(',')->check(CLI::IsMember(choices));
}

void Arguments::number(const char* name, std::int64_t& value, std::int64_t min, std::int64_t max,
                       const std::string& help) {
  add_option(*group_, name, value, help)->check(CLI::Range(min, max));
}
void Arguments::number(const char* name, double& value, const std::string& help) {
  add_option(*group_, name, value, help)->check(CLI::Range(std::int64_t{0}, max_number));
}
void Arguments::number(const char* name, std::uint64_t& value, const std::string& help) {
  add_option(*group_, name, value, help);
}

void Arguments::limit(std::int64_t& value) {
  number("--limit", value, 0, max_number, "At most this many; 0 for all");
}

void Arguments::zone(std::string& value) {
  value = "UTC";
  option("--zone", value,
         "Time zone of times that name none: UTC, or an offset from it such as +08:00");
}

void Arguments::excludes(const char* name, const char* other) {
  verb_->get_option(name)->excludes(verb_->get_option(other));
}

void Arguments::begin_group(const char* name, const char* help) {
  group_ = verb_->add_option_group(name, help);
  group_->require_option(1);
}

std::function<bool()> Arguments::option_with_optional_value(const char* name, std::string& value,
                                                            const char* type,
                                                            const std::string& help) {
  const CLI::Option* option =
      group_->add_option(name, value, help)->expected(0, 1)->type_name(type);
  return [option] { return option->count() > 0; };
}

void Arguments::footer(const std::string& text) {
  verb_->footer(text);
}

}  // namespace iotcard
