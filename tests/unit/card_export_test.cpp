// SPDX-License-Identifier: Apache-2.0
// What card export writes, card import reads back: the same cards, byte for byte.
#include "operations/card_export.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "csv/card_columns.h"
#include "operations/binding_operations.h"
#include "operations/card_import.h"
#include "operations/card_operations.h"
#include "operations/listing.h"
#include "operations_bench.h"

using namespace iotcard;

namespace {

std::string export_all(OperationsBench& bench) {
  const CardColumns all;
  std::string csv = all.header();
  each_row(card_rows(bench.store(), bench.context, {}), no_limit,
           [&](const StoredCard& card) { csv += all.row(card); });
  return csv;
}

const std::string one = "898604293620C0000970";
const std::string two = "89860617060065258667";
const std::string three = "898602F31318C0378248";

const std::vector<std::string> nasty{"=HYPERLINK(\"http://x\",\"y\")",
                                     "'=1",
                                     "'",
                                     "+1",
                                     "-1",
                                     "@x",
                                     " a ",
                                     "\xEF\xBC\x9D"
                                     "1",
                                     "a,\"b\";=c",
                                     "\\u{1b}",
                                     "\xC2\x9B"
                                     "31m",
                                     "\xE2\x80\xAE"
                                     "x",
                                     "C:\\new",
                                     "\xE4\xB8\xAD\xE6\x96\x87"};

}  // namespace

TEST_CASE("an export that is imported into an empty store exports the same bytes") {
  OperationsBench bench;
  std::string note = "lines\r\nand\ttabs\n=1;=2\n";
  for (const std::string& text : nasty) note += text + "\n";
  const std::vector<FieldChange> changes{{"note", note},
                                         {"operator", "=cmd|' /C calc'!A0"},
                                         {"access_number", "'-5"},
                                         {"plan", " 30 MB "},
                                         {"raw_status", "''+"},
                                         {"status_reason", "\\u{202e}"},
                                         {"msisdn", "+8613800000000"},
                                         {"remaining_bytes", "-5"},
                                         {"used_bytes", "9223372036854775807"},
                                         {"platform", "7"},
                                         {"status", "suspended"},
                                         {"network", "blocked"},
                                         {"usage_scope", "pool"},
                                         {"imsi", "460001234567890"},
                                         {"imei", "861234567890123"},
                                         {"limit_bytes", "1.5GiB"},
                                         {"period_start", "2026-11-01T00:00:00.001Z"},
                                         {"period_end", "2026-12-01"},
                                         {"opened_at", "2025-01-01 08:00:00 +0800"},
                                         {"activated_at", "20250202"},
                                         {"expires_at", "2035-06-30"},
                                         {"alert_percent", "77"}};
  add_card(bench.store(), bench.context, iccid_of(one.c_str()), changes);
  bench.context.now += std::chrono::milliseconds{1234};
  add_card(bench.store(), bench.context, iccid_of(two.c_str()), {});
  bind_card(bench.store(), bench.context, {"=prod", "'-dev\xE2\x80\xAE \xE2\x80\xA8"},
            iccid_of(two.c_str()), false);
  bench.context.now += std::chrono::seconds{1};
  Card refreshed{iccid_of(three.c_str())};
  refreshed.refreshed_at = bench.context.now;
  refreshed.created_at = *parse_time("2020-02-02");
  refreshed.updated_at = bench.context.now;
  bench.store().add_card(refreshed);
  bind_card(bench.store(), bench.context, {" 1 ", ";=D"}, iccid_of(three.c_str()), false);
  Card full = bench.store().find_card(iccid_of(one.c_str()))->card;
  full.network_imei = "351234567890123";
  bench.store().update_card(full);
  for (const CardField& field : card_fields()) {
    INFO(field.name);
    CHECK((field.name == "refreshed_at" || !field.get(full).empty()));
  }
  const std::string first = export_all(bench);
  INFO(first);
  CHECK(first.find(",-5,") != std::string::npos);  // a number is no formula

  OperationsBench other;
  other.context.now = *parse_time("2030-01-01");
  std::istringstream in{first};
  std::string problems;
  const ImportResult result = import_cards(
      other.store(), other.context, in, {},
      {.refused = [&](const RowProblem& row) { problems += row.reason + "\n"; }, .progress = {}});
  CHECK(problems == "");
  CHECK(result.imported() == 3);
  CHECK(result.bound == 2);
  CHECK(export_all(other) == first);
  for (const std::string& iccid : {one, two, three}) {
    const auto was = bench.store().find_card(iccid_of(iccid.c_str()));
    const auto is = other.store().find_card(iccid_of(iccid.c_str()));
    CHECK(was->card == is->card);
    CHECK(was->binding.has_value() == is->binding.has_value());
    if (was->binding) CHECK(was->binding->device == is->binding->device);
  }
}

TEST_CASE("an export that is imported as an update into the store it is from changes nothing") {
  OperationsBench bench;
  for (const std::string& text : nasty) {
    const auto number = static_cast<int>(&text - nasty.data());
    add_card(bench.store(), bench.context,
             iccid_of(("898606170600652" + std::to_string(1000 + number)).c_str()),
             std::vector<FieldChange>{{"note", text}, {"used_bytes", "5"}, {"platform", "1"}});
  }
  add_card(bench.store(), bench.context, iccid_of(one.c_str()), {});
  bind_card(bench.store(), bench.context, {"=prod", "'-dev"}, iccid_of(one.c_str()), false);
  const std::string before = export_all(bench);
  bench.context.now += std::chrono::hours{1};
  for (const bool clear_empty : {false, true}) {
    std::istringstream in{before};
    std::string problems;
    const ImportResult result =
        import_cards(bench.store(), bench.context, in, {.update = true, .clear_empty = clear_empty},
                     {.refused = [&](const RowProblem& row) { problems += row.reason + "\n"; }});
    CHECK(problems == "");
    CHECK(result.unchanged == static_cast<std::int64_t>(nasty.size()) + 1);
    CHECK(result.imported() == 0);
  }
  CHECK(export_all(bench) == before);
}

TEST_CASE("every text of every field survives an export") {
  for (const std::string& text : nasty) {
    INFO(text);
    OperationsBench bench;
    Card card{iccid_of(one.c_str())};
    for (const CardField& field : card_fields()) {
      if (field.kind == CardField::Kind::text) field.set(card, text);  // where it fits
    }
    bench.store().add_card(card);
    const std::string csv = export_all(bench);
    std::istringstream in{csv};
    CardCsv rows{in};
    const auto row = rows.next();
    REQUIRE(row);
    REQUIRE(std::holds_alternative<CardRow>(*row));
    CHECK(std::get<CardRow>(*row).card == card);
  }
}

TEST_CASE("an export imported a second time changes nothing, and refuses nothing") {
  OperationsBench bench;
  add_card(bench.store(), bench.context, iccid_of(one.c_str()), {});
  bench.context.now += std::chrono::seconds{1};
  std::istringstream in{export_all(bench)};
  const ImportResult result = import_cards(bench.store(), bench.context, in, {}, {});
  CHECK(result.refused == 0);
  CHECK(result.unchanged == 1);
}

TEST_CASE("an export has the columns that are named, in their order") {
  OperationsBench bench;
  add_card(bench.store(), bench.context, iccid_of(one.c_str()),
           std::vector<FieldChange>{{"plan", "A, B"}});
  add_card(bench.store(), bench.context, iccid_of(two.c_str()), {});
  bind_card(bench.store(), bench.context, {"1", "D1"}, iccid_of(two.c_str()), false);
  const auto columns = [&](const char* names) {
    std::string csv;
    export_cards(
        card_rows(bench.store(), bench.context, {}), bench.context, ExportFormat::csv,
        [&](std::string_view text, std::int64_t) {
          csv += text;
          return true;
        },
        card_columns_from_operator(names));
    return csv;
  };
  CHECK(columns("plan, iccid,device") ==
        "plan,iccid,device\n\"A, B\"," + one + ",\n," + two + ",D1\n");
  CHECK(columns("product") == "product\n\"\"\n1\n");
  const auto refusal = [&](const char* names) {
    try {
      columns(names);
    } catch (const OperationError& error) {
      return std::string{error.what()};
    }
    return std::string{};
  };
  CHECK_THAT(refusal("iccid,colour"),
             Catch::StartsWith("columns: there is no column \"colour\"; there are iccid, imsi, "));
  CHECK(refusal("iccid,plan,iccid") == "columns: iccid stands there twice");
  CHECK_FALSE(refusal("iccid,").empty());
}
