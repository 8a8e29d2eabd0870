// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "operations/binding_operations.h"
#include "operations/card_operations.h"
#include "operations/device_export.h"
#include "operations/device_operations.h"
#include "operations/listing.h"
#include "operations_bench.h"

namespace iotcard {
namespace {

using Catch::Contains;
using Topics = std::vector<std::string>;

constexpr const char* one = "898604293620C0000970";
constexpr const char* two = "89860617060065258667";

// D1 has card one, and reports another; D2 has reported card one.
struct RemovalDesk : OperationsBench {
  RemovalDesk() {
    add_card(store(), context, iccid_of(one), {});
    report_card("1/D1", one);
    report_card("1/D1", two);
    report_card("1/D2", one);
    events();
  }
};

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const OperationError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a bound device is removed only by force, which is told what that ends") {
  RemovalDesk desk;
  CHECK_THAT(refusal([&] {
               remove_device(desk.store(), desk.context, {"1", "D1"}, false);
             }),
             Contains("device 1/D1 is bound to card 898604293620C0000970 since 2026-") &&
                 Contains("and has 1 mismatch; unbind it first, or force"));
  CHECK(desk.events().empty());
  CHECK(desk.store().find_device({"1", "D1"}));
}

TEST_CASE("a removed device ends its mismatches and its binding, and frees its card") {
  RemovalDesk desk;
  const DeviceRemoval removal = remove_device(desk.store(), desk.context, {"1", "D1"}, true);
  REQUIRE(removal.released);
  CHECK(removal.released->iccid.text() == one);
  CHECK(removal.released->ended_by == "ann");
  CHECK(removal.mismatches.size() == 1);
  CHECK(desk.events() == Topics{"mismatch/cleared/1/D1", "binding/released/1/D1",
                                "mismatch/cleared/1/D2", "binding/created/1/D2"});
  CHECK_FALSE(desk.store().find_device({"1", "D1"}));
  CHECK(desk.store()
            .list_mismatches({.standing_only = false, .device = DeviceKey{"1", "D1"}}, "", 9)
            .rows.empty());
  CHECK(desk.card_of("1/D2") == one);
  desk.report_card("1/D1", two);
  CHECK(desk.store().find_device({"1", "D1"}).value().reports == 1);
}

TEST_CASE("a device that is not there cannot be removed") {
  RemovalDesk desk;
  CHECK_THAT(refusal([&] {
               remove_device(desk.store(), desk.context, {"1", "D9"}, true);
             }),
             Contains("device 1/D9 is not in the store"));
}

TEST_CASE("a list of devices says who holds the card that another one reported") {
  RemovalDesk desk;
  const auto page = device_rows(desk.store(), {}).read("", 9);
  REQUIRE(page.rows.size() == 2);
  CHECK_FALSE(page.rows[0].holder);
  CHECK(page.rows[1].holder == DeviceKey{"1", "D1"});
  CHECK(describe_device(desk.store(), {"1", "D2"}).holder == DeviceKey{"1", "D1"});
}

TEST_CASE("an outcome is named with or without its category, and an unknown one is refused") {
  CHECK(outcome_from_operator("card_in_use") == Outcome::card_in_use);
  CHECK(outcome_from_operator("binding.confirmed") == Outcome::binding_confirmed);
  CHECK_THAT(refusal([] { outcome_from_operator("stolen"); }),
             Contains("\"stolen\" is no outcome") && Contains("mismatch.card_in_use"));
  CHECK(iccid_prefix_from_operator("8986c") == "8986C");
  CHECK_THAT(refusal([] { iccid_prefix_from_operator("89-86"); }), Contains("digits, or A to F"));
}

TEST_CASE("a list whose rows are tested looks at a bounded number, says so, and goes on") {
  OperationsBench desk;
  constexpr int devices = static_cast<int>(max_scanned_rows) + 50;
  {
    Transaction transaction{desk.store()};
    Changes changes;
    for (int i = 0; i < devices; ++i) {
      LastReport report{"t", "{}", desk.context.now, {}, Outcome::no_card};
      if (i % 10'000 == 7 || i == devices - 1) report.reading.firmware_version = "2";
      changes.devices.push_back(
          {{"1", fmt::format("{:06}", i)},
           0,
           SavedReport{.last = std::move(report), .reports = 1, .first_at = desk.context.now}});
    }
    desk.store().write("", changes);
    transaction.commit();
  }
  const auto list = device_rows(desk.store(), {.firmware = "2"});
  const auto first = page_of(list, {.size = 10});
  CHECK(first.rows.size() == 2);
  CHECK(first.is_partial);
  CHECK(first.total.rows == 2);
  CHECK(first.total.is_lower_bound);
  REQUIRE_FALSE(first.next_cursor.empty());
  const auto rest = page_of(list, {.cursor = first.next_cursor, .size = 10});
  CHECK(rest.rows.size() == 2);
  CHECK_FALSE(rest.is_partial);
  CHECK(rest.next_cursor.empty());
  CHECK_THAT(refusal([&] { page_of(list, {.number = 2, .size = 10}); }), Contains("nextCursor"));
  std::size_t all = 0;
  each_row(list, no_limit, [&](const ListedDevice&) { ++all; });
  CHECK(all == 4);
  // A range of an index has no such bound.
  const auto unfiltered = page_of(device_rows(desk.store(), {}), {.size = 10});
  CHECK(unfiltered.total.rows == devices);
  CHECK_FALSE(unfiltered.is_partial);
}

TEST_CASE("devices are exported as CSV that a spreadsheet cannot take for formulas") {
  RemovalDesk desk;
  desk.report("1/D3", R"({"firmwareVersion":"=1+1","rssi":-61,"longitude":8.5,"latitude":"x"})");
  std::string csv;
  export_devices(device_rows(desk.store(), {.text = "1/D"}), [&](std::string_view text) {
    csv += text;
    return true;
  });
  CHECK_THAT(csv, Contains("product,device,iccid,bound_since,reports,") &&
                      Contains("\n1,D2,,,1,2026-11-24T08:00:03.000Z,2026-11-24T08:00:03.000Z,"
                               "mismatch.card_in_use,898604293620C0000970,,,,,,,,,,,,1/D1\n") &&
                      Contains(",-61,,'=1+1,,,8.5,,,latitude: "));
  CHECK(std::ranges::count(csv, '\n') == 4);
}

}  // namespace iotcard
