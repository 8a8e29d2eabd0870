// SPDX-License-Identifier: Apache-2.0
// card_columns.h - Cards as rows of a CSV that CardCsv reads back as the same cards, or with only
// the columns that somebody wants. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/problem.h"
#include "domain/card_fields.h"
#include "domain/decision.h"

namespace iotcard {

std::string card_column_names();  // "iccid, imsi, …"

class CardColumns {
 public:
  CardColumns();  // all: iccid, the fields in their order, product and device
  // "iccid,plan,device": these columns in this order. A problem names what is no column, or stands
  // there twice.
  static std::variant<CardColumns, Problem> read(std::string_view names);

  // Both end in a line feed.
  std::string header() const;
  std::string row(const StoredCard& card) const;

 private:
  struct Column {
    std::string_view name;
    const CardField* field = nullptr;  // null: iccid, product or device
  };
  Check add(std::string_view name);

  std::vector<Column> columns_;
};

}  // namespace iotcard
