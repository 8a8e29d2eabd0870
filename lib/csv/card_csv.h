// SPDX-License-Identifier: Apache-2.0
// card_csv.h - Cards from a CSV file, one row at a time and in constant memory. The header names
// the columns, in any order: iccid, which is the only one needed, the fields of
// domain/card_fields.h, and product and device for the device that the card should be bound to.
// Cells are read as csv_cell.h says. The daemon's own fields, of an export, are kept in a new card.
// Not an import: nothing is compared with a store. One thread at a time. Throws
// std::ios_base::failure if the stream fails; what stands in the file is never an exception.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "csv/csv_rows.h"
#include "domain/card.h"
#include "domain/card_fields.h"
#include "domain/device.h"

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
  // Take an ICCID of 15 digits and then only zeros for what it says. Else it is refused: a
  // spreadsheet keeps 15 digits of a number and makes the rest zeros.
  bool trust_zeros = false;
  Duration zone{};  // what the clock is ahead of UTC in times that do not say so
};

class CardCsv {
 public:
  // Reads the header; `in` must outlive this.
  explicit CardCsv(std::istream& in, CardCsvOptions options = {});

  // What is wrong with the header, and then there are no rows; "" if it is good.
  const std::string& header_problem() const { return header_problem_; }
  // The fields that the file has columns for, and only these should change in a stored card.
  std::span<const CardField* const> fields() const { return fields_; }
  bool names_devices() const { return names_devices_; }

  // Blank rows are skipped.
  std::optional<std::variant<CardRow, RowProblem>> next();

  // How far in the stream the rows so far were, for showing progress.
  std::int64_t bytes_read() const { return rows_.bytes_read(); }

 private:
  struct Column {
    enum class Kind : std::uint8_t { iccid, field, product, device };
    Kind kind;
    const CardField* field;  // of Kind::field
  };

  std::string read_header();
  std::string add_column(const std::string& name);
  std::variant<CardRow, RowProblem> read_row(const CsvRow& row);
  // Behind a problem with this value: that the file may be in another encoding, but once only.
  std::string_view encoding_hint(std::string_view value);

  CsvRows rows_;
  CardCsvOptions options_;
  std::vector<Column> columns_;
  std::vector<const CardField*> fields_;
  bool names_devices_ = false;
  std::size_t iccid_column_ = 0;
  std::string header_problem_;
  bool hinted_ = false;  // at another encoding
};

}  // namespace iotcard
