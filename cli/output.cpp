// SPDX-License-Identifier: Apache-2.0
#include "output.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/byte_size.h"
#include "domain/card_fields.h"

namespace iotcard {
namespace {

bool local_times = false;

}  // namespace

void Facts::add(std::string_view name, std::string_view value, Colour colour) {
  if (!value.empty()) facts_.push_back({std::string{name}, escape_controls(value), colour});
}

void Facts::print() const {
  std::size_t width = 0;
  for (const Fact& fact : facts_) width = std::max(width, fact.name.size());
  for (const Fact& fact : facts_) {
    fmt::print("{:<{}}  {}\n", fact.name, width, coloured(fact.value, fact.colour));
  }
}

void print_json(const WriteJson& write) {
  JsonText json;
  write(json);
  fmt::print("{}\n", json.view());
}

int print_result(bool json, const WriteJson& write, const std::function<void()>& print) {
  json ? print_json(write) : print();
  return 0;
}

int print_change(bool json, const WriteJson& write, const std::function<void()>& print) {
  return print_result(json, write, [&] {
    if (!is_quiet()) print();
  });
}

void JsonArray::add(const WriteJson& write) {
  JsonText json;
  write(json);
  fmt::print("{}\n{}", begun_ ? "," : "[", json.view());
  begun_ = true;
}

void JsonArray::finish() {
  fmt::print("{}]\n", begun_ ? "\n" : "[");
}

void say_released(const Binding& binding) {
  say(fmt::format("released: card {} from device {}", binding.iccid.text(), binding.device.text()));
}

void show_local_times() {
  local_times = true;
}

bool shows_local_times() {
  return local_times;
}

std::string printable(Instant time) {
  if (local_times) {
    const std::time_t seconds = to_unix_millis(time) / 1000;
    std::tm parts{};
    std::array<char, 64> text{};
    if (localtime_r(&seconds, &parts) != nullptr &&
        std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %Z", &parts) > 0) {
      return text.data();
    }
  }
  std::string text = to_rfc3339(time).substr(0, 19) + 'Z';
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string printable(const std::optional<Instant>& time) {
  return time ? printable(*time) : std::string{};
}

std::string printable(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : std::string{};
}

bool is_time_field(std::string_view field) {
  return field.ends_with("_at") || field.starts_with("period_");
}

std::string printable_value(std::string_view field, const std::string& value) {
  if (const auto time = is_time_field(field) ? parse_time(value) : std::nullopt) {
    return printable(*time);
  }
  const CardField* known = find_card_field(field);
  const bool number = known != nullptr && known->kind == CardField::Kind::integer;
  if (value.empty()) return "nothing";
  return number ? value : '"' + value + '"';
}

std::string printable_bytes(const std::optional<std::int64_t>& bytes) {
  return bytes ? fmt::format("{} ({})", *bytes, printable_byte_size(*bytes)) : std::string{};
}

}  // namespace iotcard
