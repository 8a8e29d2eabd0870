// SPDX-License-Identifier: Apache-2.0
// section_reader.h - Reads the keys of one TOML table and collects the mistakes, each as
// "file:line: key: what is expected". A key that no call has read is an unknown key. Says what each
// key came to, if somebody wants to know. Only for code that reads a file: it includes the TOML
// library. One thread at a time.
#pragma once

#include <toml++/toml.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/duration.h"
#include "base/problem.h"
#include "base/setting.h"
#include "base/text.h"

namespace iotcard {

// The mistakes of one file.
class ConfigMistakes {
 public:
  explicit ConfigMistakes(std::string file) : file_(std::move(file)) {}
  void add(const toml::source_region& where, const std::string& key, const std::string& expected);
  bool empty() const { return mistakes_.empty(); }
  const std::string& file() const { return file_; }
  std::string text() const;  // one line each, ordered by line number

  // What each key came to is added to these.
  void record_in(std::vector<SettingInForce>& settings) { settings_ = &settings; }
  std::vector<SettingInForce>* settings() const { return settings_; }

 private:
  std::vector<SettingInForce>* settings_ = nullptr;
  struct Mistake {
    std::uint32_t line;
    std::string text;
  };
  std::string file_;
  std::vector<Mistake> mistakes_;
};

class SectionReader {
 public:
  // `table` may be null: a section that is not in the file keeps its defaults. `recorded_as`: the
  // section's name among the settings, "": as in messages.
  SectionReader(std::string section, const toml::table* table, ConfigMistakes& mistakes,
                std::string recorded_as = {})
      : section_(std::move(section)),
        recorded_as_(recorded_as.empty() ? section_ : std::move(recorded_as)),
        table_(table),
        mistakes_(mistakes) {}

  using TextCheck = std::function<Check(const std::string&)>;

  // Each leaves `target` unchanged if the key is absent or wrong.
  void text(std::string_view key, std::string& target, const TextCheck& check = {});
  // A file's path, with "$CREDENTIALS_DIRECTORY/" replaced.
  void file(std::string_view key, std::string& target);
  void texts(std::string_view key, std::vector<std::string>& target, const TextCheck& check = {});
  template <typename Integer>
  void integer(std::string_view key, Integer& target, std::int64_t min, std::int64_t max) {
    if (const auto value = read_integer(key, min, max)) target = static_cast<Integer>(*value);
    record(key, spelled(target));
  }
  // `target`: a bool, or an optional one.
  template <typename Target>
  void boolean(std::string_view key, Target& target) {
    if (const auto value = read_boolean(key)) target = *value;
    record(key, spelled(target));
  }
  void rate(std::string_view key, std::optional<Rate>& target);
  template <typename Integer>
  void bytes(std::string_view key, Integer& target, std::int64_t min, std::int64_t max) {
    if (const auto value = read_bytes(key, min, max)) target = static_cast<Integer>(*value);
    record(key, spelled_size(static_cast<std::int64_t>(target)));
  }
  // `target`: a duration, or an optional one.
  template <typename Target>
  void seconds(std::string_view key, Target& target, std::chrono::seconds min,
               std::chrono::seconds max) {
    if (const auto value = read_seconds(key, min, max)) target = *value;
    record(key, spelled(target));
  }
  // "1500ms", "30s", "5m".
  void milliseconds(std::string_view key, std::chrono::milliseconds& target,
                    std::chrono::milliseconds min, std::chrono::milliseconds max);
  // A table below this one, written [a.b] or { … }; null if there is none.
  const toml::table* table(std::string_view key);
  // Of tables, written [[a]] or [{ … }, { … }].
  std::vector<const toml::table*> tables(std::string_view key);
  // The value itself, to read it in another way; null if there is none.
  const toml::node* node(std::string_view key);
  const toml::table* whole() const { return table_; }
  // The name of a key in messages.
  std::string path(std::string_view key) const;
  // One of the names of a NameTable.
  template <typename Enum, typename Table>
  void choice(std::string_view key, Enum& target, const Table& table) {
    std::string name;
    text(key, name, [&](const std::string& value) -> Check {
      if (table.find(value)) return std::nullopt;
      return iotcard::expected("one of \"" + join(table.names, "\", \"") + '"');
    });
    if (const auto value = table.find(name)) target = *value;
    record(key, std::string{table[target]});
  }

  // What a key came to, if that is not what its call left in `target`. Replaces what is recorded.
  void record(std::string_view key, std::string value, bool secret = false);
  // A list as the file spells it: ["a", "b"].
  static std::string spelled(const std::vector<std::string>& texts);
  // "file:line" of the section; "" if there is none.
  std::string where() const;
  bool has(std::string_view key) const { return table_ != nullptr && table_->contains(key); }
  // A mistake that depends on several keys; reported at `key`, if present.
  void mistake(std::string_view key, const std::string& text);
  // A mistake unless the key is there.
  void require(std::string_view key, const std::string& what) {
    if (!has(key)) mistake(key, "expected: " + what);
  }
  // All keys that no call has read, as texts; other values are mistakes.
  std::vector<std::pair<std::string, std::string>> other_texts();
  // Call last: reports the unknown keys.
  void finish();

 private:
  template <typename Value>
  static std::string spelled(const Value& value) {
    if constexpr (requires { value.has_value(); }) {
      return value ? spelled(*value) : "";
    } else if constexpr (std::is_same_v<Value, bool>) {
      return value ? "true" : "false";
    } else if constexpr (std::is_arithmetic_v<Value>) {
      return std::to_string(value);
    } else {
      return spelled_duration(std::chrono::duration_cast<std::chrono::milliseconds>(value));
    }
  }
  static std::string spelled_duration(std::chrono::milliseconds time);
  static std::string spelled_size(std::int64_t bytes);
  std::optional<bool> read_boolean(std::string_view key);
  std::optional<std::int64_t> read_integer(std::string_view key, std::int64_t min,
                                           std::int64_t max);
  std::optional<std::int64_t> read_bytes(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<std::chrono::seconds> read_seconds(std::string_view key, std::chrono::seconds min,
                                                   std::chrono::seconds max);
  std::optional<std::chrono::milliseconds> duration(std::string_view key,
                                                    std::chrono::milliseconds min,
                                                    std::chrono::milliseconds max,
                                                    const std::string& range, bool whole_seconds);
  std::nullopt_t expected(const toml::node& node, std::string_view key, const std::string& what);

  std::string section_;
  std::string recorded_as_;
  const toml::table* table_;
  ConfigMistakes& mistakes_;
  std::vector<std::string> known_;
};

}  // namespace iotcard
