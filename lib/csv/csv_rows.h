// SPDX-License-Identifier: Apache-2.0
// csv_rows.h - The rows of a CSV file one at a time, in constant memory: RFC 4180, also with bare
// LF or CR, a byte order mark, blanks around fields, and ="…", which keeps a spreadsheet from
// making a number of it, for "…". A row that cannot be read is reported and skipped. Knows nothing
// of columns. One thread at a time. Throws std::ios_base::failure if the stream fails.
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

class CsvRows {
 public:
  static constexpr std::size_t max_field_bytes = 64 * 1024;
  static constexpr std::size_t max_row_bytes = 1024 * 1024;

  explicit CsvRows(std::istream& in) : in_(in) {}  // which must outlive this

  std::optional<CsvRow> next();  // blank lines are skipped
  std::int64_t bytes_read() const { return bytes_read_; }
  // The first bytes of the file, known after the first next(): they tell what kind of file it is.
  const std::string& beginning() const { return beginning_; }

 private:
  enum class State : std::uint8_t {
    row_begin,    // nothing but blanks and line ends since the last row
    field_begin,  // nothing but blanks since the separator
    equals,       // a field begins with an equals sign
    plain,        // in a field without quotes
    quoted,       // in quotes
    quote,        // behind a quote inside quotes: the closing one, or the first of two
    closed,       // behind the closing quote
    skipping,     // to the end of the line, behind a row that cannot be read
  };

  bool refill();
  void count_line(char c);
  bool step(char c);
  bool step_in_quotes(char c);
  bool end_of_input();
  bool end_field(char separator);
  bool refuse(Problem problem, char c);

  std::istream& in_;
  std::array<char, 16 * 1024> chunk_{};
  std::string_view rest_;  // of the chunk
  std::string beginning_;
  std::int64_t bytes_read_ = 0;
  std::int64_t line_ = 1;
  char before_ = '\0';  // the last character
  State state_ = State::row_begin;
  CsvRow row_{};  // so far
  std::size_t row_bytes_ = 0;
  std::string field_;  // so far
};

}  // namespace iotcard
