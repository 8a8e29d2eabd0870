// SPDX-License-Identifier: Apache-2.0
#include "csv/card_csv_writer.h"

#include "csv/csv_cell.h"
#include "domain/card_fields.h"

namespace iotcard {

std::string card_csv_header() {
  std::string row = "iccid";
  for (const CardField& field : card_fields()) append_csv_field(row, field.name);
  return row.append(",product,device\n");
}

std::string card_csv_row(const StoredCard& card) {
  std::string row{card.card.iccid.text()};
  for (const CardField& field : card_fields()) {
    const std::string value = field.get(card.card);
    append_csv_field(row, field.kind == CardField::Kind::text ? csv_cell(value) : value);
  }
  const DeviceKey device = card.binding ? card.binding->device : DeviceKey{};
  append_csv_field(row, csv_cell(device.product));
  append_csv_field(row, csv_cell(device.number));
  return row.append("\n");
}

}  // namespace iotcard
