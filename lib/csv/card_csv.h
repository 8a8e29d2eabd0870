// SPDX-License-Identifier: Apache-2.0
// card_csv.h - Cards from a CSV file (card_columns.h writes one), one row at a time and in constant
// memory. The header names the columns, in any order: iccid, which is required, the fields of
// domain/card_fields.h, and product and device for the device to bind. A list with other columns,
// words or units has a mapping (csv/list_mapping.h). Encoding and delimiter are found where they
// are certain (csv/list_text.h, csv/list_layout.h). csv_cell.h reads the cells. A new card keeps
// the daemon's own fields of an export. Not an import: nothing is compared with a store. One thread
// at a time. Throws std::ios_base::failure if the stream fails; wrong content is a problem, not an
// exception.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "csv/csv_rows.h"
#include "csv/list_columns.h"
#include "csv/list_mapping.h"
#include "csv/list_text.h"
#include "domain/card_fields.h"
#include "domain/decision.h"

namespace iotcard {

struct CardRow {
  std::int64_t line;
  Card card;  // fields without a column, or with an empty cell, are as in a new card
  std::optional<DeviceKey> device;
  std::vector<const CardField*> given{};  // of CardCsv::fields(), those whose cell is not empty
};

struct RowProblem {
  std::int64_t line;
  std::string reason;
};

struct CardCsvOptions {
  // Accept an ICCID of 15 digits and then only zeros. By default it is refused, because a
  // spreadsheet keeps 15 digits of a number and makes the rest zeros.
  bool trust_zeros = false;
  Duration zone{};  // the offset from UTC of times that name none; the mapping's goes before it
  std::optional<Encoding> encoding{};  // goes before the mapping's, as the next
  std::optional<char> delimiter{};
  const ListMapping* mapping = nullptr;  // must outlive the reader; null: our own columns
};

// What the reader understood of a list, for the operator to compare with it.
struct ListReading {
  static constexpr std::size_t max_lines = 10;

  Encoding encoding = Encoding::utf8;
  char delimiter = ',';
  std::int64_t header_line = 0;                                  // 0: the list has none
  std::vector<std::pair<std::string, std::string>> columns{};    // each with its field
  std::vector<std::pair<std::string, std::string>> constants{};  // field and value
  std::vector<std::string> unused{};                             // columns
  std::vector<std::string> missing{};        // fields of the mapping none of whose columns is there
  std::int64_t passed_over = 0;              // rows, because the mapping says so
  std::vector<std::int64_t> passed_lines{};  // of the first of them
  std::optional<Card> first{};               // card
  std::optional<EncodingDoubt> doubt{};      // about the encoding, in the rows so far
};

class CardCsv {
 public:
  // Reads the header; `in` must outlive this.
  explicit CardCsv(std::istream& in, CardCsvOptions options = {});

  // With a problem there are no rows.
  const Check& header_problem() const { return header_problem_; }
  // The fields that have columns: only these may change in a stored card.
  std::span<const CardField* const> fields() const { return fields_; }

  // Blank rows are skipped.
  std::optional<std::variant<CardRow, RowProblem>> next();

  const ListReading& reading() const { return reading_; }

  // For showing progress.
  std::int64_t bytes_read() const { return text_.bytes_read(); }

 private:
  Check read_header();
  Check check_beginning(std::string_view text) const;
  Check take_columns(ListColumns columns);
  void note_encoding(const CsvRow& row);
  void judge_encoding();
  bool is_passed_over(const CsvRow& row) const;
  std::variant<CardRow, RowProblem> read_row(const CsvRow& row);
  bool product_is_constant() const;
  Check check_width(const CsvRow& row) const;
  std::variant<Iccid, Problem> read_iccid(const CsvRow& row) const;
  Check set_value(const ColumnTarget& target, const CsvRow& row, CardRow& result,
                  DeviceKey& device);
  std::variant<std::string, Problem> value_of(const ColumnTarget& target, const CsvRow& row) const;
  Check check_device(const DeviceKey& device);
  // To add to a problem with this value: that the file may be in another encoding. Once only.
  std::string encoding_hint(std::string_view value);

  CardCsvOptions options_;
  ListText text_;
  std::optional<CsvRows> rows_;
  ListColumns columns_;
  std::vector<const CardField*> fields_;
  ListReading reading_;
  Check header_problem_;
  EncodingEvidence evidence_;  // of UTF-8, where that was not said
  bool hinted_ = false;        // at another encoding
};

}  // namespace iotcard
