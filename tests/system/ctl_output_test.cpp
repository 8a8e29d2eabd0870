// SPDX-License-Identifier: Apache-2.0
// How lists are printed: tables, CSV and JSON of the same rows; columns; times. No daemon, no
// broker.
#include <sstream>

#include "csv/csv_rows.h"
#include "store/store.h"
#include "support/store_writes.h"
#include "system/desk.h"

using namespace iotcard;

namespace {

const std::string one = "898604293620C0000970";
const std::string two = "89860617060065258667";

Desk& fill(Desk& desk) {
  desk.run(
      {"card", "add", one, "plan=a, \"b\"", "note==1+1", "platform=3", "imsi=460001234567890"});
  desk.run({"card", "add", two, "status=suspended"});
  desk.run({"bind", "1/D1", one});
  return desk;
}

std::vector<std::vector<std::string>> csv_rows(const std::string& text) {
  std::istringstream in{text};
  CsvRows rows{in, {}};
  std::vector<std::vector<std::string>> found;
  while (const auto row = rows.next()) found.push_back(row->fields);
  return found;
}

}  // namespace

TEST_CASE("every list is a table, CSV and JSON of the same rows, with the columns that are named") {
  Desk desk;
  fill(desk);
  CHECK(desk.run({"card", "list", "-o", "csv", "--columns", "iccid,status"}).out ==
        "iccid,status\r\n" + one + ",unknown\r\n" + two + ",suspended\r\n");
  CHECK(desk.run({"card", "list", "-o", "csv", "--columns", "iccid", "--columns", "STATUS",
                  "--no-header"})
            .out == one + ",unknown\r\n" + two + ",suspended\r\n");
  CHECK(desk.run({"card", "list", "--columns", "iccid,imsi"}).out ==
        "ICCID                 IMSI\n" + one + "  460001234567890\n" + two + "\n");
  CHECK(desk.run({"card", "list", "--no-header", "--columns", "status"}).out ==
        "unknown\nsuspended\n");
  CHECK(desk.run({"card", "list", "-o", "json"}).out == desk.run({"card", "list", "--json"}).out);
  for (const char* list : {"card", "device", "mismatch", "rejected", "quarantine", "platform"}) {
    CAPTURE(list);
    CHECK(desk.run({list, "list", "-o", "csv"}).status == 0);
    CHECK(desk.run({list, "list", "-o", "wide"}).status == 0);
    CHECK(desk.run({list, "list", "--no-header"}).status == 0);
  }
}

TEST_CASE("CSV has the members of the JSON, quoted as RFC 4180 says, and no formula") {
  Desk desk;
  fill(desk);
  const auto rows = csv_rows(desk.run({"card", "list", "-o", "csv"}).out);
  REQUIRE(rows.size() == 3);
  const auto json = desk.json({"card", "list"});
  REQUIRE(rows[0].size() == json[0].MemberCount());
  std::size_t column = 0;
  for (const auto& member : json[0].GetObject()) {
    CAPTURE(member.name.GetString());
    CHECK(rows[0][column] == member.name.GetString());
    if (rows[0][column] == "plan") CHECK(rows[1][column] == "a, \"b\"");
    if (rows[0][column] == "note") CHECK(rows[1][column] == "'=1+1");
    if (rows[0][column] == "platform") CHECK(rows[1][column] == "3");
    if (rows[0][column] == "device") CHECK(rows[1][column] == "D1");
    if (rows[0][column] == "expires_at") CHECK(rows[1][column].empty());
    ++column;
  }
}

TEST_CASE("a table leaves out empty columns, and -o wide has all that is known") {
  Desk desk;
  fill(desk);
  const std::string table = desk.run({"card", "list"}).out;
  CHECK(table.starts_with("ICCID                 PLATFORM  STATUS     DEVICE  ABNORMAL\n"));
  const std::string wide = desk.run({"card", "list", "-o", "wide"}).out;
  CHECK(has(wide, "PLATFORM"));
  CHECK(has(wide, "IMSI"));
  CHECK(has(wide, "460001234567890"));
  CHECK_FALSE(has(wide, "MSISDN"));
  // A column that was asked for is there, empty or not.
  CHECK(desk.run({"card", "list", "--columns", "msisdn,iccid"}).out.starts_with("MSISDN  ICCID\n"));
}

TEST_CASE("times are in UTC and say so, or in the local zone and name it") {
  Desk desk;
  fill(desk);
  {
    const auto store = open_store(desk.store);
    add_rejected(*store,
                 {.topic = "/1/D1/info/post",
                  .payload = "",
                  .size = 0,
                  .arrival = *parse_time("2026-11-24T20:51:00Z")},
                 {RejectionReason::empty, 0});
  }
  CHECK(has(desk.run({"rejected", "list"}).out, "2026-11-24 20:51:00Z"));
  CHECK(has(desk.run({"rejected", "show", "1"}).out, "2026-11-24 20:51:00Z"));
  setenv("TZ", "CST-8", 1);
  CHECK(has(desk.run({"rejected", "list"}).out, "2026-11-24 20:51:00Z"));
  CHECK(has(desk.run({"rejected", "list", "--local"}).out, "2026-11-25 04:51:00 CST"));
  CHECK(
      has(desk.run({"rejected", "list", "--local", "-o", "csv"}).out, "2026-11-24T20:51:00.000Z"));
  CHECK(has(desk.run({"rejected", "list", "--local", "--columns", "id,at"}).out, "04:51:00 CST"));
  unsetenv("TZ");
  desk.run({"card", "set", one, "expires_at=2035-01-02T03:04:05Z"});
  const std::string shown = desk.run({"card", "show", one}).out;
  CHECK(has(shown, "2035-01-02 03:04:05Z"));
  CHECK_FALSE(has(shown, ".000Z"));
}
