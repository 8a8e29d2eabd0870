// SPDX-License-Identifier: Apache-2.0
#include "toml/section_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/byte_size.h"
#include "base/json_text.h"
#include "base/nearest_name.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

std::string unknown_key(std::string_view key, const std::vector<std::string>& known) {
  if (const auto nearest = nearest_name(key, known)) {
    return fmt::format("unknown key, did you mean \"{}\"?", *nearest);
  }
  return fmt::format("unknown key, expected one of {}", fmt::join(known, ", "));
}

std::string duration_text(std::chrono::seconds time) {
  constexpr std::int64_t day = 86'400;
  if (time.count() % day == 0) return fmt::format("{}d", time.count() / day);
  if (time.count() % 3600 == 0) return fmt::format("{}h", time.count() / 3600);
  return fmt::format("{}s", time.count());
}

// A value that begins so names a credential that systemd passes to the service. Any other "$" is
// literal. Source: systemd.exec(5), LoadCredential=.
constexpr std::string_view credentials = "$CREDENTIALS_DIRECTORY/";

// Without a folder from systemd, as in an operator's command, the credential is in /etc/credstore,
// where systemd takes it from.
std::string credential_path(const std::string& value) {
  if (!value.starts_with(credentials)) return value;
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  const bool from_systemd = folder != nullptr && *folder != '\0';
  return std::string{from_systemd ? folder : "/etc/credstore"} + '/' +
         value.substr(credentials.size());
}

Check check_credential_path(const std::string& value) {
  if (!value.starts_with(credentials)) return std::nullopt;
  const std::string_view name = std::string_view{value}.substr(credentials.size());
  if (!name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos) {
    return std::nullopt;
  }
  return expected("the name of a credential behind $CREDENTIALS_DIRECTORY/, without a /");
}

}  // namespace

void ConfigMistakes::add(const toml::source_region& where, const std::string& key,
                         const std::string& expected) {
  const std::uint32_t line = std::max(where.begin.line, std::uint32_t{1});
  mistakes_.push_back({line, fmt::format("{}:{}: {}: {}", file_, line, printable(key), expected)});
}

std::string ConfigMistakes::text() const {
  std::vector<Mistake> sorted = mistakes_;
  std::ranges::stable_sort(sorted, {}, &Mistake::line);
  return join(sorted, "\n", &Mistake::text);
}

std::string SectionReader::path(std::string_view key) const {
  return section_.empty() ? std::string{key} : fmt::format("{}.{}", section_, key);
}

const toml::node* SectionReader::node(std::string_view key) {
  if (!contains(known_, key)) known_.emplace_back(key);
  return table_ == nullptr ? nullptr : table_->get(key);
}

std::nullopt_t SectionReader::expected(const toml::node& node, std::string_view key,
                                       const std::string& what) {
  mistakes_.add(node.source(), path(key), "expected " + what);
  return std::nullopt;
}

void SectionReader::mistake(std::string_view key, const std::string& text) {
  const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
  mistakes_.add(node != nullptr     ? node->source()
                : table_ != nullptr ? table_->source()
                                    : toml::source_region{},
                path(key), text);
}

void SectionReader::text(std::string_view key, std::string& target, const TextCheck& check) {
  const toml::node* node = this->node(key);
  if (node == nullptr) return record(key, target);
  const auto value = node->value_exact<std::string>();
  if (!value) {
    expected(*node, key, "a text in quotes");
  } else if (value->find_first_of(std::string_view{"\0\n\r", 3}) != std::string::npos) {
    expected(*node, key, "a text on one line");
  } else if (const Check problem = check ? check(*value) : std::nullopt) {
    mistakes_.add(node->source(), path(key), problem->text);
  } else {
    target = *value;
  }
  record(key, target);
}

void SectionReader::file(std::string_view key, std::string& target) {
  text(key, target, check_credential_path);
  target = credential_path(target);
}

void SectionReader::texts(std::string_view key, std::vector<std::string>& target,
                          const TextCheck& check) {
  const toml::node* node = this->node(key);
  if (node == nullptr) return record(key, spelled(target));
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    expected(*node, key, "a list of texts, [\"…\"]");
    return;
  }
  std::vector<std::string> values;
  for (const toml::node& element : *array) {
    const auto value = element.value_exact<std::string>();
    const Check problem = !value  ? iotcard::expected("a list of texts, [\"…\"]")
                          : check ? check(*value)
                                  : std::nullopt;
    if (problem) return mistakes_.add(element.source(), path(key), problem->text);
    values.push_back(*value);
  }
  target = std::move(values);
  record(key, spelled(target));
}

std::optional<std::int64_t> SectionReader::read_integer(std::string_view key, std::int64_t min,
                                                        std::int64_t max) {
  const toml::node* node = this->node(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<std::int64_t>();
  if (value && *value >= min && *value <= max) return value;
  return expected(*node, key, fmt::format("a whole number from {} to {}", min, max));
}

std::optional<bool> SectionReader::read_boolean(std::string_view key) {
  const toml::node* node = this->node(key);
  if (node == nullptr) return std::nullopt;
  if (const auto value = node->value_exact<bool>()) return value;
  return expected(*node, key, "true or false");
}

void SectionReader::rate(std::string_view key, std::optional<Rate>& target) {
  std::string written;
  text(key, written, [](const std::string& value) -> Check {
    if (parse_rate(value)) return std::nullopt;
    return iotcard::expected("a number in a time, such as \"5/s\", \"600/m\" or \"2000/5m\"");
  });
  if (!written.empty()) target = parse_rate(written);
}

void SectionReader::record(std::string_view key, std::string value, bool secret) {
  std::vector<SettingInForce>* const settings = mistakes_.settings();
  if (settings == nullptr) return;
  const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
  SettingInForce setting{.key = fmt::format("{}.{}", recorded_as_, key),
                         .value = std::move(value),
                         .line = node == nullptr ? 0 : std::int64_t{node->source().begin.line},
                         .secret = secret};
  const auto known = std::ranges::find(*settings, setting.key, &SettingInForce::key);
  if (known == settings->end()) return settings->push_back(std::move(setting));
  *known = std::move(setting);
}

std::string SectionReader::spelled(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + quoted_json(text);
  return '[' + list + ']';
}

std::string SectionReader::spelled_duration(std::chrono::milliseconds time) {
  constexpr std::int64_t second = 1000;
  if (time.count() % second != 0) return fmt::format("{}ms", time.count());
  const std::int64_t seconds = time.count() / second;
  if (seconds == 0) return "0s";
  if (seconds % 86'400 == 0) return fmt::format("{}d", seconds / 86'400);
  if (seconds % 3600 == 0) return fmt::format("{}h", seconds / 3600);
  if (seconds % 60 == 0) return fmt::format("{}m", seconds / 60);
  return fmt::format("{}s", seconds);
}

std::string SectionReader::spelled_size(std::int64_t bytes) {
  constexpr std::string_view units[] = {"GiB", "MiB", "KiB"};
  int shift = 30;
  for (const std::string_view unit : units) {
    const std::int64_t size = std::int64_t{1} << shift;
    if (bytes >= size && bytes % size == 0) return fmt::format("{}{}", bytes / size, unit);
    shift -= 10;
  }
  return std::to_string(bytes);
}

std::string SectionReader::where() const {
  if (table_ == nullptr) return "";
  return fmt::format("{}:{}", mistakes_.file(), table_->source().begin.line);
}

std::optional<std::int64_t> SectionReader::read_bytes(std::string_view key, std::int64_t min,
                                                      std::int64_t max) {
  const toml::node* node = this->node(key);
  if (node == nullptr) return std::nullopt;
  auto value = node->value_exact<std::int64_t>();
  if (const auto written = node->value_exact<std::string>()) value = parse_byte_size(*written);
  if (value && *value >= min && *value <= max) return value;
  return expected(*node, key,
                  fmt::format("a size from {} to {} bytes, such as 65536 or \"64KiB\" "
                              "(kB, MB, GB, KiB, MiB, GiB)",
                              min, max));
}

std::optional<std::chrono::milliseconds> SectionReader::duration(std::string_view key,
                                                                 std::chrono::milliseconds min,
                                                                 std::chrono::milliseconds max,
                                                                 const std::string& range,
                                                                 bool whole_seconds) {
  const toml::node* node = this->node(key);
  if (node == nullptr) return std::nullopt;
  const auto written = node->value_exact<std::string>();
  const auto value = written ? parse_duration(*written) : std::nullopt;
  const bool fits = value && *value >= min && *value <= max;
  if (fits && (!whole_seconds || value->count() % 1000 == 0)) return value;
  return expected(*node, key, "a duration " + range);
}

std::optional<std::chrono::seconds> SectionReader::read_seconds(std::string_view key,
                                                                std::chrono::seconds min,
                                                                std::chrono::seconds max) {
  const std::string range = fmt::format(
      "from \"{}\" to \"{}\", in whole seconds, such as \"30s\", \"5m\", \"12h\" or \"7d\"",
      duration_text(min), duration_text(max));
  const auto value = duration(key, min, max, range, true);
  if (!value) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(*value);
}

void SectionReader::milliseconds(std::string_view key, std::chrono::milliseconds& target,
                                 std::chrono::milliseconds min, std::chrono::milliseconds max) {
  const std::string range = fmt::format("from {}ms to {}ms, such as \"500ms\", \"30s\" or \"5m\"",
                                        min.count(), max.count());
  target = duration(key, min, max, range, false).value_or(target);
  record(key, spelled(target));
}

const toml::table* SectionReader::table(std::string_view key) {
  const toml::node* node = this->node(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) expected(*node, key, "a table, [section] or { key = … }");
  return node->as_table();
}

std::vector<const toml::table*> SectionReader::tables(std::string_view key) {
  std::vector<const toml::table*> tables;
  const toml::node* node = this->node(key);
  if (node == nullptr) return tables;
  constexpr const char* what = "tables, [[section]] or [{ key = … }]";
  if (!node->is_array()) {
    expected(*node, key, what);
    return tables;
  }
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_table()) expected(element, key, what);
    if (element.is_table()) tables.push_back(element.as_table());
  }
  return tables;
}

std::vector<std::pair<std::string, std::string>> SectionReader::other_texts() {
  std::vector<std::pair<std::string, std::string>> others;
  if (table_ == nullptr) return others;
  const std::vector<std::string> read = known_;
  for (const auto& [key, node] : *table_) {
    const std::string name{key.str()};
    if (contains(read, name)) continue;
    std::string value;
    if (name.ends_with("_file")) {
      file(name, value);
    } else {
      text(name, value);
      record(name, "", true);
    }
    others.emplace_back(name, value);
  }
  return others;
}

void SectionReader::finish() {
  if (table_ == nullptr) return;
  for (const auto& [key, node] : *table_) {
    if (contains(known_, key.str())) continue;
    mistakes_.add(key.source(), path(key.str()), unknown_key(key.str(), known_));
  }
}

}  // namespace iotcard
