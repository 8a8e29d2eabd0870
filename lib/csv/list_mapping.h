// SPDX-License-Identifier: Apache-2.0
// list_mapping.h - How a carrier's or a vendor's own list of cards becomes ours: which column is
// which field, what its words and units mean, where its rows begin. A mapping is a TOML file;
// examples/lists/README.md describes it. Says nothing about the rows themselves: csv/card_csv.h
// reads them. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/problem.h"
#include "base/time.h"
#include "csv/list_encoding.h"
#include "csv/list_times.h"
#include "domain/card_fields.h"

namespace iotcard {

// Where the value of a card's field comes from.
struct MappedField {
  enum class Kind : std::uint8_t { iccid, field, product, device };
  Kind kind = Kind::field;
  const CardField* field = nullptr;     // of Kind::field
  std::vector<std::string> columns;     // names, the first that the list has counts
  std::size_t number = 0;               // or the number of the column, from 1
  std::optional<std::string> constant;  // or one value for all cards
  // What a word of the list means: folded (fold_name), and a value of the field.
  std::vector<std::pair<std::string, std::string>> values;
  std::optional<std::string> otherwise;  // for a word that is not among them
  std::int64_t unit = 0;                 // bytes of a bare number; 0: it counts bytes

  std::string_view name() const;
};

struct ListMapping {
  std::string description;
  std::string source;                // where the list is documented, or "unconfirmed"
  std::string as_of;                 // the day on which the source was read
  std::optional<Encoding> encoding;  // unless a list shows that it is in UTF-8 or UTF-16
  std::optional<char> delimiter;
  bool header = true;           // false: the list has none, and columns have numbers
  std::int64_t skip_lines = 0;  // before the header, or before the rows of a list without one
  std::string after_line;       // they begin behind the first line that matches this glob
  std::string header_has;       // the header is the first line with this column
  std::vector<std::string> pass_over;  // globs for the first cell of rows that are not cards
  std::vector<std::string> empty;      // words for no value, folded
  std::optional<Duration> zone;        // of times that name none
  DateOrder date_order = DateOrder::unknown;
  std::optional<char> decimal;  // before the fraction of a number: a point or a comma
  std::vector<MappedField> fields;
};

// The problem's text has a line for each mistake, as "file:line: key: what is expected".
std::variant<ListMapping, Problem> read_list_mapping(std::string_view text,
                                                     const std::string& name);
std::variant<ListMapping, Problem> load_list_mapping(const std::string& path);
// By its path, or by its name: NAME.toml in the first of these folders that has it.
std::variant<ListMapping, Problem> find_list_mapping(const std::string& map,
                                                     const std::vector<std::string>& folders);
// A name, which is no path.
bool is_mapping_name(std::string_view map);

// By their names: card_fields.h does not tell them from other fields.
bool is_time_field(const CardField& field);
bool is_byte_field(const CardField& field);

// A name of a column or a word, for comparing: without letter case, with one underscore for the
// blanks, hyphens and underscores between two characters, and without white space around it.
std::string fold_name(std::string_view name);
// Whether a text matches a pattern with * and ?. Letter case does not matter.
bool matches_glob(const std::string& pattern, const std::string& text);

// The value of a mapped field for the text of a cell (csv/csv_cell.h).
std::variant<std::string, Problem> mapped_value(const ListMapping& mapping,
                                                const MappedField& field, std::string cell);

// "comma", "tab" …: for messages.
std::string_view delimiter_name(char delimiter);
// ",", ";", "|", "tab", "blanks", or another character of ASCII.
std::variant<char, Problem> read_delimiter(std::string_view text);

}  // namespace iotcard
