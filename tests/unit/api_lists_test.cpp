// SPDX-License-Identifier: Apache-2.0
// Lists as a client of the API reads them: by the number of a page, and from cursor to cursor.
#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <set>

#include "api/dispatcher.h"
#include "operations/binding_operations.h"
#include "store/sqlite/connection.h"
#include "support/store_writes.h"
#include "unit/operations_bench.h"

using namespace iotcard;

namespace {

using Texts = std::vector<std::string>;

class ApiLists : public OperationsBench {
 public:
  // As many cards, of which each tenth is in stock and the others are active.
  void fill(int cards) {
    sqlite::Connection{folder() + "/cards.db", sqlite::OpenMode::existing}.execute(
        "WITH RECURSIVE row (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM row WHERE i < " +
        std::to_string(cards - 1) +
        ") INSERT INTO card (iccid, imsi, msisdn, imei, network_imei, access_number, operator, "
        "plan, "
        "status, network, status_reason, raw_status, usage_scope, note, created_at, updated_at) "
        "SELECT '89860000000000' || (100000 + i), '', '', '', '', '', '', '', "
        "iif(i % 10 = 0, 'inventory', 'active'), 'unknown', '', '', 'card', '', "
        "1795507200000, 1795507200000 FROM row");
  }

  rapidjson::Document get(const std::string& target, int status = 200) {
    const RequestHead head{"GET", target, {{"host", "localhost"}}};
    const Response response = dispatcher.answer(dispatcher.admit(head));
    CAPTURE(target, response.body);
    CHECK(response.status == status);
    rapidjson::Document body;
    body.Parse(response.body.c_str());
    REQUIRE(body.IsObject());
    return body;
  }
  // Why the request is wrong.
  std::string refusal(const std::string& target) { return get(target, 400)["msg"].GetString(); }

  static Texts iccids(const rapidjson::Document& page) {
    Texts texts;
    for (const auto& row : page["rows"].GetArray()) texts.emplace_back(row["iccid"].GetString());
    return texts;
  }
  static std::string next_cursor(const rapidjson::Document& page) {
    return page["nextCursor"].IsNull() ? "" : page["nextCursor"].GetString();
  }
  // The list read from cursor to cursor.
  Texts walk(const std::string& target) {
    Texts all;
    std::string cursor;
    do {
      const auto page = get(target + (cursor.empty() ? "" : "&cursor=" + cursor));
      const Texts rows = iccids(page);
      CHECK_FALSE(rows.empty());
      all.insert(all.end(), rows.begin(), rows.end());
      cursor = next_cursor(page);
    } while (!cursor.empty());
    return all;
  }

 private:
  ApiHost make_host() {
    ApiHost made;
    made.open_store_to_read = [this] {
      return open_store_to_read("sqlite:" + folder() + "/cards.db");
    };
    made.open_store = made.open_store_to_read;
    made.context = [this](const std::string&) { return context; };
    made.log = [](LogLevel, const std::string&) {};
    return made;
  }
  const ApiHost host = make_host();
  EventStreams streams{"store", 16};
  Dispatcher dispatcher{ApiLimits{}, host, streams};
};

std::string iccid(int number) {
  return "89860000000000" + std::to_string(100'000 + number);
}

}  // namespace

TEST_CASE("a page of a long list is found from either end, and refused in the middle") {
  ApiLists api;
  const int cards = 120'000;
  api.fill(cards);
  const auto first = api.get("/card/list?pageSize=2");
  CHECK(first["total"].GetInt() == cards);
  CHECK_FALSE(first["totalIsLowerBound"].GetBool());
  CHECK(api.iccids(first) == Texts{iccid(0), iccid(1)});

  // The last that is read from the beginning, and the first that is read from the end.
  const auto near = api.get("/card/list?pageSize=100&pageNum=101");
  CHECK(api.iccids(near).front() == iccid(10'000));
  const auto far = api.get("/card/list?pageSize=100&pageNum=1100");
  CHECK(api.iccids(far).front() == iccid(109'900));
  CHECK(api.iccids(far).back() == iccid(109'999));
  const auto behind = api.get("/card/list?pageSize=1&cursor=" + api.next_cursor(far));
  CHECK(api.iccids(behind) == Texts{iccid(110'000)});
  const auto last = api.get("/card/list?pageSize=7&pageNum=17143");
  CHECK(api.iccids(last).size() == 6);
  CHECK(api.iccids(last).back() == iccid(cards - 1));
  CHECK(last["nextCursor"].IsNull());
  CHECK(api.iccids(api.get("/card/list?pageSize=7&pageNum=17144")).empty());
  const auto reversed = api.get("/card/list?pageSize=7&pageNum=17143&isAsc=desc");
  CHECK(api.iccids(reversed).back() == iccid(0));

  for (const int page : {102, 600, 1099}) {
    CHECK(
        api.refusal("/card/list?pageSize=100&pageNum=" + std::to_string(page)) ==
        "pageNum: page " + std::to_string(page) + " begins behind row " +
            std::to_string((page - 1) * 100) +
            " of 120000; pages by number reach 10000 rows from the beginning, and from the end if "
            "the total is exact. Follow nextCursor, or filter the list");
  }

  const auto some = api.get("/card/list?status=inventory&pageSize=100&pageNum=120");
  CHECK(some["total"].GetInt() == 12'000);
  CHECK_FALSE(some["totalIsLowerBound"].GetBool());
  CHECK(api.iccids(some).back() == iccid(cards - 10));
  const auto many = api.get("/card/list?status=active&pageSize=100&pageNum=101");
  CHECK(many["total"].GetInt() == 100'000);
  CHECK(many["totalIsLowerBound"].GetBool());
  CHECK(api.iccids(many).size() == 100);
  CHECK_FALSE(api.next_cursor(many).empty());
  CHECK(api.refusal("/card/list?status=active&pageSize=100&pageNum=1080")
            .starts_with("pageNum: page 1080 begins behind row 107900 of more than 100000; "));
}

TEST_CASE("from cursor to cursor, a list has each row once, in its order") {
  ApiLists api;
  api.fill(53);
  Texts all;
  for (int i = 0; i < 53; ++i) all.push_back(iccid(i));
  const Texts reversed{all.rbegin(), all.rend()};
  CHECK(api.walk("/card/list?pageSize=10") == all);
  CHECK(api.walk("/card/list?pageSize=53") == all);
  CHECK(api.walk("/card/list?pageSize=9&isAsc=desc") == reversed);
  for (const std::string order : {"status", "platform", "operator", "expiresAt", "usedBytes"}) {
    const Texts walked = api.walk("/card/list?pageSize=5&orderByColumn=" + order);
    CHECK(walked.size() == 53);
    CHECK(std::set<std::string>{walked.begin(), walked.end()}.size() == 53);
    CHECK(api.walk("/card/list?pageSize=4&isAsc=desc&orderByColumn=" + order) ==
          Texts{walked.rbegin(), walked.rend()});
  }
  CHECK(api.walk("/card/list?pageSize=2&status=inventory").size() == 6);
}

TEST_CASE("a cursor that is not one of the list is refused") {
  ApiLists api;
  api.fill(5);
  const std::string cursor = api.next_cursor(api.get("/card/list?pageSize=2"));
  CHECK(cursor.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(api.iccids(api.get("/card/list?cursor=" + cursor)).front() == iccid(2));
  std::string changed = cursor;
  changed.back() = changed.back() == '0' ? '1' : '0';
  for (const std::string& wrong :
       {std::string{}, std::string{"x"}, std::string{"null"}, std::string{"0"}, std::string(8, '0'),
        iccid(2), cursor.substr(1), cursor.substr(0, cursor.size() - 2), cursor + "0",
        cursor + "00", changed, "%20" + cursor}) {
    CHECK(api.refusal("/card/list?cursor=" + wrong).starts_with("cursor: "));
  }
  // Of another order, another direction, another filter, another list.
  for (const std::string& other :
       {std::string{"/card/list?orderByColumn=status"}, std::string{"/card/list?status=active"},
        std::string{"/card/list?text=8986"}, std::string{"/card/list?isAsc=desc"},
        std::string{"/card/abnormal?"}, std::string{"/device/list?"},
        std::string{"/mismatch/list?"}, std::string{"/rejected/list?"},
        std::string{"/event/quarantine?"}, "/card/" + iccid(0) + "/history?"}) {
    CHECK(api.refusal(other + "&cursor=" + cursor).starts_with("cursor: "));
  }
  CHECK(api.refusal("/card/list?pageNum=1&cursor=" + cursor).starts_with("pageNum and cursor: "));
}

TEST_CASE("each list has the same envelope, and continues behind a cursor") {
  ApiLists api;
  api.fill(3);
  for (int i = 1; i <= 3; ++i) {
    const DeviceKey device{"1", "D" + std::to_string(i)};
    api.report_card(device.text(), "8986031234567890123");
    bind_card(api.store(), api.context, device, iccid_of(iccid(0).c_str()), true);
    add_rejected(api.store(), {.topic = "t", .payload = "{", .arrival = api.context.now},
                 {RejectionReason::truncated, 1});
    const std::string& client_id = api.context.client_id;
    const auto waiting = api.store().read_outbox(client_id, 0, 1).at(0);
    api.store().quarantine_event(client_id, waiting.sequence, "too large", api.context.now);
  }
  for (const std::string& list :
       {std::string{"/card/list"}, std::string{"/device/list"}, std::string{"/mismatch/list"},
        std::string{"/rejected/list"}, std::string{"/event/quarantine"},
        std::string{"/platform/list"}, "/card/" + iccid(0) + "/history"}) {
    const auto page = api.get(list);
    CHECK(page["total"].GetUint() == page["rows"].Size());
    CHECK_FALSE(page["totalIsLowerBound"].GetBool());
    CHECK(page["nextCursor"].IsNull());
    if (list == "/platform/list") continue;
    REQUIRE(page["rows"].Size() > 2);
    const auto first = api.get(list + "?pageSize=1");
    const auto rest = api.get(list + "?cursor=" + api.next_cursor(first));
    REQUIRE(rest["rows"].Size() == page["rows"].Size() - 1);
    CHECK(first["rows"][0] == page["rows"][0]);
    CHECK(rest["rows"][0] == page["rows"][1]);
    CHECK(rest["total"] == page["total"]);
  }
}
