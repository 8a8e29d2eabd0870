// SPDX-License-Identifier: Apache-2.0
#include "operations/card_import_columns.h"

#include <algorithm>
#include <array>

#include "domain/card_fields.h"

namespace iotcard {
namespace {

constexpr std::array described = {
    ImportColumn{"imsi", false, "The IMSI, 6 to 15 digits", "460040123456789"},
    ImportColumn{"msisdn", false, "The telephone number, 3 to 15 digits", "8614512345678"},
    ImportColumn{"imei", false, "The only device that may use the card, 14 to 16 digits",
                 "861234567890123"},
    ImportColumn{"access_number", false, "The number of the subscription", "1064912345678"},
    ImportColumn{"operator", false, "The carrier", "China Mobile"},
    ImportColumn{"platform", false, "The number of the card platform", "1"},
    ImportColumn{"plan", false, "The tariff", "Meter 30 MB"},
    ImportColumn{"status", false,
                 "unknown, inventory, testing, ready, active, suspended, "
                 "terminated or not_found",
                 "active"},
    ImportColumn{"network", false, "Whether the network admits the card: allowed, blocked, unknown",
                 "allowed"},
    ImportColumn{"status_reason", false, "Why it has this status", "unpaid"},
    ImportColumn{"raw_status", false, "The status in the platform's own words", "ACTIVATED"},
    ImportColumn{"used_bytes", false, "What it has used in the period, such as 12MB", "12MB"},
    ImportColumn{"limit_bytes", false, "What it may use in the period, such as 30MiB", "30MiB"},
    ImportColumn{"remaining_bytes", false, "What is left of the period", "18MiB"},
    ImportColumn{"usage_scope", false,
                 "Whether these are of the card alone or of its pool: card, "
                 "pool",
                 "card"},
    ImportColumn{"period_start", false, "When the period began", "2026-11-01"},
    ImportColumn{"period_end", false, "When the period ends", "2026-12-01"},
    ImportColumn{"opened_at", false, "When the card was opened", "2026-01-15"},
    ImportColumn{"activated_at", false, "When the card was activated", "2026-02-01"},
    ImportColumn{"expires_at", false, "When the card expires", "2035-06-30"},
    ImportColumn{"alert_percent", false, "Near its limit from this percentage on", "80"},
    ImportColumn{"note", false, "Anything, for people", "meter room 3"},
};

}  // namespace

std::vector<ImportColumn> import_columns() {
  std::vector<ImportColumn> columns{{"iccid", true,
                                     "The number on the card, 19 or 20 digits; "
                                     "letters A to F may be among them",
                                     "898604293620C0000970"}};
  for (const CardField& field : card_fields()) {
    if (field.owner != CardField::Owner::operators) continue;
    const auto known = std::ranges::find(described, field.name, &ImportColumn::name);
    columns.push_back(known != described.end() ? *known : ImportColumn{field.name, false, {}, {}});
  }
  columns.push_back({"product", false, "With device: the product of the device to bind", "1"});
  columns.push_back({"device", false, "The number of the device to bind", "D6O0RUN27PPP"});
  return columns;
}

void write_import_columns(JsonText& json) {
  json.begin_object().key("columns").begin_array();
  for (const ImportColumn& column : import_columns()) {
    json.begin_object()
        .member("name", column.name)
        .member("required", column.required)
        .member("text", column.text)
        .member("example", column.example)
        .end_object();
  }
  json.end_array().end_object();
}

}  // namespace iotcard
