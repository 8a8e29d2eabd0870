// SPDX-License-Identifier: Apache-2.0
// csv_rows.h - The rows of a CSV file one at a time, in constant memory: RFC 4180, also with bare
// LF or CR, a byte order mark, blanks around fields, and ="…", with which digits are kept from
// spreadsheets, for "…". A row that cannot be read is reported and
// passed over. Knows nothing of columns. One thread at a time. Throws std::ios_base::failure if
// the stream fails.
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iotcard {

struct CsvRow {
  std::int64_t line;  // where it begins, from 1
  std::vector<std::string> fields;
  std::string problem;  // why it cannot be read; "" if it can
};

class CsvRows {
 public:
  static constexpr std::size_t max_field_bytes = 64 * 1024;
  static constexpr std::size_t max_row_bytes = 1024 * 1024;

  explicit CsvRows(std::istream& in);  // which must outlive this
  ~CsvRows();

  std::optional<CsvRow> next();  // blank lines are skipped
  std::int64_t bytes_read() const;
  // The first bytes of the file as they stand, known once a row was asked for: what kind of file it
  // is can be told by them.
  const std::string& beginning() const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace iotcard
