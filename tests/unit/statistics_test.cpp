// SPDX-License-Identifier: Apache-2.0
#include "operations/statistics.h"

#include <catch2/catch.hpp>

#include "operations/card_operations.h"
#include "operations/json.h"
#include "unit/operations_bench.h"

namespace iotcard {

TEST_CASE("statistics count cards by what they are, and a card for each of its reasons") {
  OperationsBench desk;
  const auto add = [&](const char* iccid, const std::vector<FieldChange>& fields) {
    add_card(desk.store(), desk.context, *Iccid::from_canonical(iccid), fields);
  };
  add("898600000000000001", {{"status", "suspended"}, {"operator", "1NCE"}, {"platform", "2"}});
  add("898600000000000002", {{"status", "suspended"}, {"expires_at", "2026-11-01"}});
  add("898600000000000003", {{"expires_at", "2026-11-30"}, {"used_bytes", "7"}});
  add("898600000000000004", {{"used_bytes", "9"}});
  desk.report_card("1/D1", "898600000000000001");
  desk.report_card("1/D2", "898600000000000009");
  desk.report_card("1/D3", "898600000000000008");

  const StoreStatistics found = describe_statistics(desk.store(), desk.context);
  using Counts = std::map<std::string, std::int64_t>;
  CHECK(found.cards == 4);
  CHECK(found.open_bindings == 1);
  CHECK(found.by_status == Counts{{"suspended", 2}, {"unknown", 2}});
  const CardOrigins origins = describe_origins(desk.store());
  CHECK(origins.by_operator == Counts{{"1NCE", 1}});
  CHECK(origins.by_platform == std::map<std::int64_t, std::int64_t>{{2, 1}});
  CHECK(found.by_reason.at("suspended") == 2);
  CHECK(found.by_reason.at("expired") == 1);
  CHECK(found.by_reason.at("expiring_soon") == 1);
  CHECK(found.by_reason.at("terminated") == 0);
  CHECK(found.open_mismatches == Counts{{"mismatch.card_unknown", 2}});

  const auto top = top_usage(desk.store(), 5);
  REQUIRE(top.size() == 2);
  CHECK(top[0].card.used_bytes == 9);
  JsonText json;
  write_statistics(json, found, origins, top, desk.context);
  CHECK(std::string{json.view()}.find(R"("by_platform":{"2":1})") != std::string::npos);
}

}  // namespace iotcard
