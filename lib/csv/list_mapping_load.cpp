// SPDX-License-Identifier: Apache-2.0
// A mapping from its TOML file.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/byte_size.h"
#include "base/small_file.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/time_spelling.h"
#include "csv/list_mapping.h"
#include "toml/section_reader.h"

namespace iotcard {
namespace {

constexpr std::int64_t max_columns = 10'000;
constexpr std::int64_t max_skipped = 10'000;  // lines

// Any card: a field's own check says whether a value fits.
Check check_value(const MappedField& field, const std::string& value) {
  if (field.kind != MappedField::Kind::field) return not_empty(value);
  Card card{*Iccid::from_canonical("89000000000000000000")};
  return field.field->set(card, value);
}

class MappingReader {
 public:
  MappingReader(const toml::table& root, ConfigMistakes& mistakes)
      : root_("", &root, mistakes), mistakes_(mistakes) {}

  ListMapping read() {
    root_.text("description", mapping_.description);
    root_.text("source", mapping_.source);
    root_.text("as_of", mapping_.as_of);
    read_file();
    read_rows();
    read_columns();
    read_constants();
    read_values();
    read_units();
    read_numbers();
    read_times();
    check();
    root_.finish();
    return std::move(mapping_);
  }

 private:
  SectionReader section(const char* name) { return {name, root_.table(name), mistakes_}; }

  void read_file() {
    SectionReader file = section("file");
    read_as(file, "encoding", mapping_.encoding, read_encoding);
    read_as(file, "delimiter", mapping_.delimiter, read_delimiter);
    file.boolean("header", mapping_.header);
    file.integer("skip_lines", mapping_.skip_lines, 0, max_skipped);
    file.text("after_line", mapping_.after_line);
    file.text("header_has", mapping_.header_has);
    const int places = (mapping_.skip_lines > 0 ? 1 : 0) + (mapping_.after_line.empty() ? 0 : 1) +
                       (mapping_.header_has.empty() ? 0 : 1);
    if (places > 1) {
      file.mistake("skip_lines",
                   "expected one of skip_lines, after_line and header_has, since each says where "
                   "the list begins");
    }
    if (!mapping_.header && !mapping_.header_has.empty()) {
      file.mistake("header_has", "expected a header, or after_line in a list without one");
    }
    file.finish();
  }

  void read_rows() {
    SectionReader rows = section("rows");
    rows.texts("pass_over", mapping_.pass_over, not_empty);
    rows.texts("empty", mapping_.empty, not_empty);
    for (std::string& word : mapping_.empty) word = fold_name(word);
    rows.finish();
  }

  // Every field that may be mapped, by name.
  template <typename Read>
  void each_field(SectionReader& from, const Read& read) {
    MappedField iccid;
    iccid.kind = MappedField::Kind::iccid;
    read(iccid);
    for (const CardField& known : card_fields()) {
      if (known.owner != CardField::Owner::operators) continue;
      MappedField field;
      field.field = &known;
      read(field);
    }
    for (const auto kind : {MappedField::Kind::product, MappedField::Kind::device}) {
      MappedField field;
      field.kind = kind;
      read(field);
    }
    from.finish();
  }

  void read_columns() {
    root_.require("columns", "a section that says which column is the iccid");
    SectionReader columns = section("columns");
    each_field(columns, [&](MappedField field) {
      const toml::node* node = columns.node(field.name());
      if (node == nullptr) return;
      if (const auto number = node->value_exact<std::int64_t>()) {
        std::int64_t column = 0;
        columns.integer(field.name(), column, 1, max_columns);
        field.number = static_cast<std::size_t>(column);
      } else if (node->is_array()) {
        columns.texts(field.name(), field.columns, not_empty);
      } else {
        std::string name;
        columns.text(field.name(), name, not_empty);
        if (!name.empty()) field.columns.push_back(std::move(name));
      }
      if (!mapping_.header && field.number == 0) {
        columns.mistake(field.name(),
                        "expected the number of a column, since the list has no header");
      }
      mapping_.fields.push_back(std::move(field));
    });
    if (root_.has("columns")) columns.require("iccid", "the column of the ICCID");
  }

  void read_constants() {
    SectionReader constants = section("constants");
    each_field(constants, [&](MappedField field) {
      const toml::node* node = constants.node(field.name());
      if (node == nullptr) return;
      std::string value;
      if (const auto number = node->value_exact<std::int64_t>()) {
        value = std::to_string(*number);
      } else {
        constants.text(field.name(), value, not_empty);
      }
      if (field.kind == MappedField::Kind::iccid || find(field.name()) != nullptr) {
        constants.mistake(field.name(), "expected a field that has no column");
      } else if (const Check problem = check_value(field, value); problem && !value.empty()) {
        constants.mistake(field.name(), problem->text);
      }
      field.constant = std::move(value);
      mapping_.fields.push_back(std::move(field));
    });
  }

  void read_values() {
    const toml::table* values = root_.table("values");
    SectionReader section{"values", values, mistakes_};
    if (values == nullptr) return;
    for (const auto& [key, node] : *values) {
      const std::string name{key.str()};
      const toml::table* const words = section.table(name);
      if (words == nullptr) continue;
      MappedField* const field = find(name);
      if (field == nullptr || field->constant || field->kind == MappedField::Kind::iccid) {
        section.mistake(name, "expected a field that has a column");
      } else {
        read_words(*field, words);
      }
    }
  }

  void read_words(MappedField& field, const toml::table* words) {
    SectionReader section{fmt::format("values.{}", field.name()), words, mistakes_};
    for (const auto& [key, node] : *words) {
      const std::string word{key.str()};
      std::string value;
      section.text(word, value, [&](const std::string& text) { return check_value(field, text); });
      if (word == "otherwise") {
        field.otherwise = std::move(value);
      } else {
        field.values.emplace_back(fold_name(word), std::move(value));
      }
    }
  }

  void read_units() {
    SectionReader units = section("units");
    for (MappedField& field : mapping_.fields) {
      const bool bytes = field.kind == MappedField::Kind::field && is_byte_field(*field.field);
      if (!bytes || field.constant) continue;
      std::string unit;
      units.text(field.name(), unit, [](const std::string& text) -> Check {
        if (!text.empty() && is_letter(text.front()) && parse_byte_size("1" + text)) {
          return std::nullopt;
        }
        return expected("a unit, such as \"kB\", \"MB\" (10^6), \"MiB\" (2^20) or \"GB\"");
      });
      if (!unit.empty()) field.unit = *parse_byte_size("1" + unit);
    }
    units.finish();
  }

  void read_numbers() {
    SectionReader numbers = section("numbers");
    read_as(numbers, "decimal", mapping_.decimal,
            [](std::string_view text) -> std::variant<char, Problem> {
              if (text == "," || text == ".") return text.front();
              return expected(R"("," or ".", what is before a fraction)");
            });
    numbers.finish();
  }

  void read_times() {
    SectionReader times = section("times");
    read_as(times, "zone", mapping_.zone, read_zone);
    times.choice("order", mapping_.date_order, date_order_names);
    times.finish();
  }

  void check() {
    const bool product = find("product") != nullptr;
    if (product != (find("device") != nullptr)) {
      root_.mistake("columns", "expected product and device, or neither: both name a device");
    }
  }

  // A text that `read` makes a value of, or a problem.
  template <typename Value, typename Read>
  void read_as(SectionReader& section, const char* key, std::optional<Value>& target,
               const Read& read) {
    std::string text;
    section.text(key, text, [&](const std::string& value) -> Check {
      const auto reading = read(value);
      const auto* problem = std::get_if<Problem>(&reading);
      return problem == nullptr ? std::nullopt : Check{*problem};
    });
    if (section.has(key) && !text.empty()) target = std::get<Value>(read(text));
  }

  MappedField* find(std::string_view name) {
    const auto found = std::ranges::find(mapping_.fields, name, &MappedField::name);
    return found == mapping_.fields.end() ? nullptr : &*found;
  }

  ListMapping mapping_;
  SectionReader root_;
  ConfigMistakes& mistakes_;
};

}  // namespace

std::variant<ListMapping, Problem> read_list_mapping(std::string_view text,
                                                     const std::string& name) {
  ConfigMistakes mistakes{name};
  toml::table root;
  try {
    root = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    return Problem{fmt::format("{}:{}: {}", name, std::max(error.source().begin.line, 1U),
                               printable(error.description(), 256))};
  }
  ListMapping mapping = MappingReader{root, mistakes}.read();
  if (!mistakes.empty()) return Problem{mistakes.text()};
  return mapping;
}

std::variant<ListMapping, Problem> load_list_mapping(const std::string& path) {
  const auto file = read_small_file(path);
  if (const auto* problem = std::get_if<Problem>(&file)) {
    return Problem{fmt::format("{}:1: cannot read this mapping: {}", path, problem->text)};
  }
  return read_list_mapping(std::get<SmallFile>(file).text, path);
}

bool is_mapping_name(std::string_view map) {
  return !map.empty() && map.find('/') == map.npos && !map.ends_with(".toml") &&
         !map.starts_with('.') && map.find('\0') == map.npos;
}

std::variant<ListMapping, Problem> find_list_mapping(const std::string& map,
                                                     const std::vector<std::string>& folders) {
  if (!is_mapping_name(map)) return load_list_mapping(map);
  for (const std::string& folder : folders) {
    const std::filesystem::path path = std::filesystem::path{folder} / (map + ".toml");
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return load_list_mapping(path.string());
  }
  return Problem{
      fmt::format("there is no mapping \"{}\": no file {}.toml in {}; for a file of your "
                  "own name its path, such as ./{}.toml",
                  printable(map), printable(map), join(folders, ", "), printable(map))};
}

}  // namespace iotcard
