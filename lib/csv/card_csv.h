// SPDX-License-Identifier: Apache-2.0
// card_csv.h - Cards from and to a CSV file, one row at a time and in constant memory. The header
// names the columns, in any order: iccid, which is required, the fields of domain/card_fields.h,
// and product and device for the device to bind. csv_cell.h reads the cells. A new card keeps the
// daemon's own fields of an export. Not an import: nothing is compared with a store. One thread at
// a time. Throws std::ios_base::failure if the stream fails; wrong content is a problem, not an
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
  Duration zone{};  // the offset from UTC of times that name none
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

  // For showing progress.
  std::int64_t bytes_read() const { return rows_.bytes_read(); }

 private:
  struct Column {
    enum class Kind : std::uint8_t { iccid, field, product, device };
    Kind kind;
    const CardField* field;  // of Kind::field
  };

  Check read_header();
  Check add_column(const std::string& name);
  std::variant<CardRow, RowProblem> read_row(const CsvRow& row);
  // To add to a problem with this value: that the file may be in another encoding. Once only.
  std::string_view encoding_hint(std::string_view value);

  CsvRows rows_;
  CardCsvOptions options_;
  std::vector<Column> columns_;
  std::vector<const CardField*> fields_;
  std::size_t iccid_column_ = 0;
  Check header_problem_;
  bool hinted_ = false;  // at another encoding
};

// A card as a row that CardCsv reads back as the same card: iccid, the fields in their order,
// product and device. Rows end in a line feed.
std::string card_csv_header();
std::string card_csv_row(const StoredCard& card);

}  // namespace iotcard
