// SPDX-License-Identifier: Apache-2.0
// section_reader.h - Reads the keys of one TOML table and notes what is wrong with them, each as
// "file:line: key: what is expected". Keys that nobody asked for are unknown keys.
// For who reads a file, no farther; one thread at a time.
#pragma once

#include <toml++/toml.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"

namespace iotcard {

// The mistakes of one file, in any order until they are listed.
class ConfigMistakes {
 public:
  explicit ConfigMistakes(std::string file) : file_(std::move(file)) {}
  void add(const toml::source_region& where, const std::string& key, const std::string& expected);
  bool empty() const { return mistakes_.empty(); }
  const std::string& file() const { return file_; }
  std::string text() const;  // a line each, by line number

 private:
  struct Mistake {
    std::uint32_t line;
    std::string text;
  };
  std::string file_;
  std::vector<Mistake> mistakes_;
};

class SectionReader {
 public:
  // `table` may be null: a section that is not in the file keeps its defaults.
  SectionReader(std::string section, const toml::table* table, ConfigMistakes& mistakes)
      : section_(std::move(section)), table_(table), mistakes_(mistakes) {}

  // What is wrong with a value, or nullopt.
  using TextCheck = std::function<std::optional<std::string>(const std::string&)>;

  // Each leaves `target` as it is if the key is absent or wrong.
  void text(std::string_view key, std::string& target, const TextCheck& check = {});
  // A file's path, with "$CREDENTIALS_DIRECTORY/" replaced.
  void file(std::string_view key, std::string& target);
  void texts(std::string_view key, std::vector<std::string>& target, const TextCheck& check = {});
  void integer(std::string_view key, std::int64_t& target, std::int64_t least, std::int64_t most);
  void boolean(std::string_view key, bool& target);
  void rate(std::string_view key, std::optional<Rate>& target);
  void bytes(std::string_view key, std::uint64_t& target, std::uint64_t least, std::uint64_t most);
  void seconds(std::string_view key, std::chrono::seconds& target, std::chrono::seconds least,
               std::chrono::seconds most);
  // "1500ms", "30s", "5m".
  void milliseconds(std::string_view key, std::chrono::milliseconds& target,
                    std::chrono::milliseconds least, std::chrono::milliseconds most);
  // A table below this one, written [a.b] or { … }; null if there is none.
  const toml::table* table(std::string_view key);
  // Of tables, written [[a]] or [{ … }, { … }].
  std::vector<const toml::table*> tables(std::string_view key);
  // The value itself, for who reads it otherwise; null if there is none.
  const toml::node* node(std::string_view key) { return find(key); }
  const toml::table* whole() const { return table_; }
  // The name of a key in messages.
  std::string path(std::string_view key) const;
  // One of the names of a NameTable.
  template <typename Enum, typename Table>
  void choice(std::string_view key, Enum& target, const Table& table) {
    std::string name;
    text(key, name, [&](const std::string& value) -> std::optional<std::string> {
      if (table.find(value)) return std::nullopt;
      std::string expected = "one of";
      for (const std::string_view known : table.names) {
        expected.append(expected.ends_with("of") ? " \"" : ", \"").append(known).append("\"");
      }
      return expected;
    });
    if (const auto value = table.find(name)) target = *value;
  }

  // "file:line" of the section; "" if there is none.
  std::string where() const;
  bool has(std::string_view key) const { return table_ != nullptr && table_->contains(key); }
  // A mistake that the values of several keys make together; it stands at `key`, if there is one.
  void mistake(std::string_view key, const std::string& text);
  // All keys that nobody has asked for, taken now as text values; others are mistakes.
  std::vector<std::pair<std::string, std::string>> other_texts();
  // Call last: notes the keys that nobody has asked for.
  void finish();

 private:
  const toml::node* find(std::string_view key);
  void expected(const toml::node& node, std::string_view key, const std::string& what);

  std::string section_;
  const toml::table* table_;
  ConfigMistakes& mistakes_;
  std::vector<std::string> known_;
};

}  // namespace iotcard
