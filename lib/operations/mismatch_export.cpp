// SPDX-License-Identifier: Apache-2.0
#include "operations/mismatch_export.h"

#include <string>
#include <vector>

#include "base/text.h"
#include "csv/csv_cell.h"

namespace iotcard {
namespace {

struct CsvColumn {
  std::string_view name;
  std::string (*text)(const Mismatch&);
};

std::string time_text(const std::optional<Instant>& time) {
  return time ? to_rfc3339(*time) : "";
}
std::string number_text(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "";
}

constexpr CsvColumn mismatch_columns[] = {
    {"id", [](const Mismatch& one) { return std::to_string(one.id); }},
    {"product", [](const Mismatch& one) { return csv_cell(one.device.product); }},
    {"device", [](const Mismatch& one) { return csv_cell(one.device.number); }},
    {"outcome", [](const Mismatch& one) { return std::string{outcome_name(one.outcome)}; }},
    {"reported", [](const Mismatch& one) { return csv_cell(one.reported); }},
    {"platform", [](const Mismatch& one) { return number_text(one.platform); }},
    {"state", [](const Mismatch& one) { return std::string{mismatch_state_names[one.state]}; }},
    {"count", [](const Mismatch& one) { return std::to_string(one.count); }},
    {"first_seen", [](const Mismatch& one) { return to_rfc3339(one.first_seen); }},
    {"last_seen", [](const Mismatch& one) { return to_rfc3339(one.last_seen); }},
    {"dismissed", [](const Mismatch& one) { return time_text(one.dismissed); }},
    {"dismissed_by", [](const Mismatch& one) { return csv_cell(one.dismissed_by); }},
    {"ended", [](const Mismatch& one) { return time_text(one.ended); }},
    {"ended_by", [](const Mismatch& one) { return csv_cell(one.ended_by); }},
    {"bound_iccid",
     [](const Mismatch& one) {
       return std::string{one.against.bound ? one.against.bound->text() : ""};
     }},
    {"holder",
     [](const Mismatch& one) {
       return one.against.holder ? csv_cell(one.against.holder->text()) : "";
     }},
    {"suspect",
     [](const Mismatch& one) {
       return std::string{one.against.suspect ? suspect_names[*one.against.suspect] : ""};
     }},
    {"card_platform", [](const Mismatch& one) { return number_text(one.against.card_platform); }},
    {"reported_text", [](const Mismatch& one) { return csv_cell(one.reported_text); }},
    {"leniencies",
     [](const Mismatch& one) { return join(one.leniencies.names(leniency_names), " "); }},
    {"candidates", [](const Mismatch& one) { return join(one.candidates, " ", &Iccid::text); }},
    {"reason", [](const Mismatch& one) { return csv_cell(one.reason); }},
};

std::string mismatch_csv_row(const Mismatch& mismatch) {
  std::string row;
  for (const CsvColumn& column : mismatch_columns) append_csv_field(row, column.text(mismatch));
  return row + "\n";
}

}  // namespace

void export_mismatches(const RowList<Mismatch>& mismatches, const WriteText& write) {
  std::string header;
  for (const CsvColumn& column : mismatch_columns) append_csv_field(header, column.name);
  export_rows(mismatches, header + "\n", mismatch_csv_row, write);
}

}  // namespace iotcard
