// SPDX-License-Identifier: Apache-2.0
#include "csv/card_columns.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "csv/csv_cell.h"

namespace iotcard {
namespace {

std::string cell_of(std::string_view column, const StoredCard& card) {
  if (column == "iccid") return std::string{card.card.iccid.text()};
  if (!card.binding) return {};
  return csv_cell(column == "product" ? card.binding->device.product : card.binding->device.number);
}

std::string cell_of(const CardField& field, const Card& card) {
  std::string value = field.get(card);
  return field.kind == CardField::Kind::text ? csv_cell(value) : value;
}

}  // namespace

std::string card_column_names() {
  std::string names = "iccid";
  for (const CardField& field : card_fields()) names.append(", ").append(field.name);
  return names + ", product, device";
}

CardColumns::CardColumns() {
  columns_.push_back({"iccid"});
  for (const CardField& field : card_fields()) columns_.push_back({field.name, &field});
  columns_.push_back({"product"});
  columns_.push_back({"device"});
}

std::variant<CardColumns, Problem> CardColumns::read(std::string_view names) {
  CardColumns wanted;
  wanted.columns_.clear();
  for (const std::string_view name : split(names, ',')) {
    if (auto problem = wanted.add(trim(name))) return *std::move(problem);
  }
  return wanted;
}

Check CardColumns::add(std::string_view name) {
  for (const Column& known : CardColumns{}.columns_) {
    if (known.name != name) continue;
    if (contains(columns_, name, &Column::name)) {
      return Problem{fmt::format("{} stands there twice", name)};
    }
    columns_.push_back(known);
    return std::nullopt;
  }
  return Problem{
      fmt::format("there is no column \"{}\"; there are {}", printable(name), card_column_names())};
}

std::string CardColumns::header() const {
  return join(columns_, ",", &Column::name) + '\n';
}

std::string CardColumns::row(const StoredCard& card) const {
  std::string row;
  for (const Column& column : columns_) {
    if (&column != &columns_.front()) row += ',';
    std::string cell;
    append_csv_field(cell, column.field != nullptr ? cell_of(*column.field, card.card)
                                                   : cell_of(column.name, card));
    row += cell;
  }
  if (row.empty()) row = "\"\"";  // a blank line is no row
  return row.append("\n");
}

}  // namespace iotcard
