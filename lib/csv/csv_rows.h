// SPDX-License-Identifier: Apache-2.0
// csv_rows.h - The rows of a CSV file one at a time, in constant memory: RFC 4180, also with bare
// LF or CR, another delimiter, blanks around fields, and ="…", which keeps a spreadsheet from
// making a number of it, for "…". A row that cannot be read is reported and skipped. Knows nothing
// of columns and encodings: the text is UTF-8 without a byte order mark (csv/list_text.h). One
// thread at a time. Throws std::ios_base::failure if the stream fails.
#pragma once

#include <array>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.h"

namespace iotcard {

struct CsvRow {
  std::int64_t line;  // where it begins, from 1
  std::vector<std::string> fields;
  Check problem;  // with one, there are no fields
};

struct CsvFormat {
  static constexpr char blanks = ' ';  // any number of blanks and tabs between two fields
  char delimiter = ',';
  std::int64_t skipped_lines = 0;  // at the beginning, whatever they hold
};

class CsvRows {
 public:
  static constexpr std::size_t max_field_bytes = 64 * 1024;
  static constexpr std::size_t max_row_bytes = 1024 * 1024;

  explicit CsvRows(std::istream& in, CsvFormat format = {})  // `in` must outlive this
      : in_(in),
        format_(format),
        state_(format.skipped_lines > 0 ? State::preamble : State::row_begin) {}

  std::optional<CsvRow> next();  // blank lines are skipped

 private:
  enum class State : std::uint8_t {
    preamble,     // in the lines that are skipped
    row_begin,    // nothing but blanks and line ends since the last row
    field_begin,  // nothing but blanks since the separator
    equals,       // a field begins with an equals sign
    plain,        // in a field without quotes
    quoted,       // in quotes
    quote,        // behind a quote inside quotes: the closing one, or the first of two
    closed,       // behind the closing quote
    skipping,     // to the end of the line, behind a row that cannot be read
  };

  bool is_delimiter(char c) const;
  bool is_blank(char c) const;
  bool refill();
  void count_line(char c);
  bool step(char c);
  bool step_in_quotes(char c);
  bool end_of_input();
  bool end_field(char separator);
  bool refuse(Problem problem, char c);

  std::istream& in_;
  const CsvFormat format_;
  std::array<char, 16 * 1024> chunk_{};
  std::string_view rest_;  // of the chunk
  std::int64_t line_ = 1;
  char before_ = '\0';  // the last character
  State state_;
  CsvRow row_{};  // so far
  std::size_t row_bytes_ = 0;
  std::string field_;  // so far
};

}  // namespace iotcard
