// SPDX-License-Identifier: Apache-2.0
// Each operation of schemas/openapi.yaml on a running daemon, where it succeeds and where it fails;
// requests and answers are as that page says.
#include "system/openapi_walk.h"

#include <sys/stat.h>

#include "domain/event.h"
#include "support/json_schema.h"
#include "support/store_writes.h"
#include "system/platform_world.h"

using namespace iotcard;

namespace {

const std::string read_token = "a-token-that-may-only-read";
const std::string write_token = "a-token-that-may-do-all";
const std::string one = documented_iccid;
const std::string two = "89860617060065258667";
const std::string added = "89860325740000000017";

Daemon::Options with_tokens(const TempDir& dir) {
  const std::string file = dir.file("tokens");
  write_file(file, "reader read " + read_token + "\nwriter write " + write_token + "\n");
  chmod(file.c_str(), 0600);
  Daemon::Options options;
  options.toml["api"] = "token_file = \"" + file + "\"";
  options.api = true;
  return options;
}

OpenApiWalk::Body csv(const std::string& text) {
  return {text, "text/csv"};
}

OpenApiWalk::Body form(const std::string& text) {
  return {
      "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cards.csv\"\r\n"
      "Content-Type: text/csv\r\n\r\n" +
          text + "\r\n--X--\r\n",
      "multipart/form-data; boundary=X"};
}

void walk_imports(OpenApiWalk& walk) {
  const std::string cards = read_file(IOTCARD_SOURCE_DIR "/examples/cards.csv");
  const auto dry = walk.good(200, "POST", "/card/import?dryRun=true&zone=%2B08:00", csv(cards));
  CHECK(dry["data"]["imported"].GetInt() == 5);
  CHECK(walk.good(200, "POST", "/card/import", form(cards))["data"]["imported"].GetInt() == 5);
  const auto again = walk.good(200, "POST", "/card/import", csv(cards));
  CHECK(again["data"]["refused"].GetInt() == 0);
  CHECK(again["data"]["unchanged"].GetInt() == 5);  // they say what is stored
  const auto changed =
      walk.good(200, "POST", "/card/import?update=true&clearEmpty=true&trustZeros=true&strict=true",
                {"iccid,note\n" + one + ",\n", "application/octet-stream"});
  CHECK(changed["data"]["changes"][0]["fields"][0]["field"].GetString() == std::string{"note"});
  walk.refused(400, "POST", "/card/import", csv("colour\nred\n"));
  walk.bad(415, "POST", "/card/import", {cards, "text/plain"});
  walk.bad(400, "POST", "/card/import?dryRun=perhaps", csv(cards));
  walk.good(200, "POST", "/card/import?encoding=utf-8&delimiter=,&dryRun=true&update=true",
            csv(cards));
  walk.good(200, "POST", "/card/import?map=airvantage&dryRun=true",
            csv("IDENTIFIER;OPERATOR\n8933150319000000162;SFR\n"));
  walk.refused(400, "POST", "/card/import?map=nobody", csv(cards));
}

// The first row of a list, and the others behind it.
void walk_cursor(OpenApiWalk& walk, const std::string& list) {
  const auto first = walk.good(200, "GET", list + "?pageSize=1");
  REQUIRE(first["nextCursor"].IsString());
  const auto rest = walk.good(200, "GET", list + "?cursor=" + first["nextCursor"].GetString());
  CHECK(rest["rows"].Size() == first["total"].GetUint() - 1);
  CHECK(rest["nextCursor"].IsNull());
  walk.bad(400, "GET", list + "?cursor=null");
  walk.refused(400, "GET", list + "?cursor=0123456789");
}

const std::string all_filters =
    "?iccid=89&status=active&platform=2&operator=China%20Unicom&bound=false&reason=near_limit"
    "&text=tracker&over=90&expiringWithin=36500d";

void scan_cards(OpenApiWalk& walk) {
  const std::string filters =
      "?iccid=89&status=active&platform=2&operator=China%20Unicom&bound=false"
      "&reason=near_limit&text=tracker&over=90&pageNum=1&pageSize=5&orderByColumn=usedBytes"
      "&isAsc=desc";
  CHECK(walk.good(200, "GET", "/card/list")["total"].GetInt() == 5);
  CHECK(walk.good(200, "GET", "/card/list" + filters)["total"].GetInt() == 1);
  CHECK(walk.good(200, "GET", "/card/list?abnormal=true")["total"].GetInt() >= 2);
  walk.good(200, "GET", "/card/list?expiringWithin=30d");
  for (const char* list : {"/card/list", "/card/abnormal", "/card/export"}) {
    walk.good(200, "GET", list + std::string{"?product=1&device=D1"});
  }
  walk.good(200, "GET", "/card/abnormal" + filters);
  walk.good(200, "GET", "/card/abnormal?expiringWithin=30d");
  walk_cursor(walk, "/card/list");
  walk_cursor(walk, "/card/abnormal");
  walk.bad(400, "GET", "/card/list?pageSize=501");
  walk.bad(400, "GET", "/card/list?orderByColumn=note");
  walk.bad(400, "GET", "/card/abnormal?text=ab");

  const std::string card = R"({"iccid":")" + added + R"(","limit_bytes":"30MiB","platform":3})";
  CHECK(walk.good(201, "POST", "/card", OpenApiWalk::json(card))["data"]["platform"].GetInt() == 3);
  walk.refused(409, "POST", "/card", OpenApiWalk::json(card));
  walk.bad(415, "POST", "/card", {card, "text/plain"});
  walk.bad(400, "POST", "/card", OpenApiWalk::json(R"({"iccid":89860325740000000017})"));
  walk.bad(400, "POST", "/card", OpenApiWalk::json("{"));

  const auto change = OpenApiWalk::json(R"({"status":"active","note":null,"used_bytes":5})");
  CHECK(walk.good(200, "PUT", "/card/" + added, change)["data"]["status"].GetString() ==
        std::string{"active"});
  walk.bad(400, "PUT", "/card/" + added, OpenApiWalk::json(R"({"colour":"red"})"));
  walk.refused(404, "PUT", "/card/8986032574000000002", change);
  walk.bad(400, "PUT", "/card/1234", change);
  const auto state = OpenApiWalk::json(R"({"status":"active","used_bytes":7,"plan":null})");
  CHECK(walk.good(200, "POST", "/card/" + added + "/state", state)["data"]["used_bytes"].GetInt() ==
        7);
  walk.bad(400, "POST", "/card/" + added + "/state", OpenApiWalk::json(R"({"note":"mine"})"));
  walk.bad(400, "POST", "/card/" + added + "/state", OpenApiWalk::json("[]"));
  walk.bad(400, "POST", "/card/1234/state", state);
  walk.bad(415, "POST", "/card/" + added + "/state", {"{}", "text/plain"});
  CHECK(walk.good(200, "GET", "/card/" + added)["data"]["usage"].Size() == 1);
  walk.refused(404, "GET", "/card/8986032574000000002");
  walk.bad(400, "GET", "/card/1234");
  walk.good(200, "GET", "/card/export");
  walk.good(200, "GET", "/card/export" + all_filters + "&abnormal=true&columns=iccid,plan");
  walk.refused(400, "GET", "/card/export?columns=colour");
  walk.bad(400, "GET", "/card/export?text=ab");
  const auto statistics = walk.good(200, "GET", "/card/statistics?top=2");
  CHECK(statistics["data"]["top_usage"].Size() == 2);
  walk.bad(400, "GET", "/card/statistics?top=101");
}

void walk_lookup(OpenApiWalk& walk) {
  const std::string shorter = two.substr(0, two.size() - 1);
  const auto found = walk.good(200, "POST", "/card/lookup",
                               OpenApiWalk::json(R"({"iccids":[")" + one + R"(",")" + shorter +
                                                 R"(","8986032574000000002","x"]})"));
  CHECK(found["data"]["found"].Size() == 1);
  CHECK(found["data"]["near"][0]["cards"][0]["iccid"].GetString() == two);
  CHECK(found["data"]["unknown"].Size() == 1);
  CHECK(found["data"]["invalid"].Size() == 1);
  CHECK(walk.good(200, "GET", "/card/" + shorter)["data"]["iccid"].GetString() == two);
  walk.bad(400, "POST", "/card/lookup", OpenApiWalk::json("{}"));
  walk.bad(415, "POST", "/card/lookup", {"{}", "text/plain"});
}

void walk_batches(OpenApiWalk& walk) {
  const std::string batch = "/card/batch";
  const auto set =
      OpenApiWalk::json(R"({"action":"set","iccids":[")" + added + R"(","89860325740000000009"],
                                         "plan":"batch"})");
  const auto done = walk.good(200, "POST", batch, set);
  CHECK(done["data"]["done"].GetInt() == 1);
  CHECK(done["data"]["failed"][0]["iccid"].GetString() == std::string{"89860325740000000009"});
  const auto dry =
      walk.good(200, "POST", batch + all_filters + "&abnormal=true",
                OpenApiWalk::json(R"({"action":"remove","dryRun":true,"force":true})"));
  const int matching = dry["data"]["matching"].GetInt();
  CHECK(dry["data"]["dry_run"].GetBool());
  walk.refused(409, "POST", batch + "?status=active",
               OpenApiWalk::json(R"({"action":"set","note":"x","expected":99})"));
  walk.good(200, "POST", batch + "?product=1&device=D7",
            OpenApiWalk::json(R"({"action":"remove","dryRun":true})"));
  walk.good(200, "POST", batch + all_filters,
            OpenApiWalk::json(R"({"action":"set","note":"x","expected":)" +
                              std::to_string(matching) + "}"));
  // What the page cannot say: one of a list and filters, and the count of what filters fit.
  walk.refused(400, "POST", batch, OpenApiWalk::json(R"({"action":"refresh"})"));
  walk.refused(400, "POST", batch + "?status=active",
               OpenApiWalk::json(R"({"action":"set","note":"x"})"));
  walk.refused(400, "POST", batch, OpenApiWalk::json(R"({"action":"set","iccids":[]})"));
  walk.bad(400, "POST", batch, OpenApiWalk::json(R"({"action":"sell","iccids":[]})"));
  walk.bad(400, "POST", batch, OpenApiWalk::json(R"({"action":"set","iccids":["12"],"note":"x"})"));
  walk.bad(400, "POST", batch, OpenApiWalk::json(R"({"action":"set","iccids":[1],"note":"x"})"));
  walk.bad(415, "POST", batch, {"{}", "text/plain"});
  const auto changes = walk.good(200, "GET", "/card/" + added + "/changes?pageNum=1&pageSize=1");
  CHECK(changes["rows"][0]["by"].GetString() == std::string{"api:writer"});
  CHECK(changes["rows"][0]["field"].GetString() == std::string{"plan"});
  CHECK(changes["rows"][0]["after"].GetString() == std::string{"batch"});
  const auto rest = walk.good(
      200, "GET",
      "/card/" + added + "/changes?pageSize=100&cursor=" + changes["nextCursor"].GetString());
  CHECK(rest["rows"].Size() == changes["total"].GetUint() - 1);
  walk.refused(404, "GET", "/card/8986032574000000002/changes");
}

void walk_bindings(OpenApiWalk& walk) {
  const std::string card = "/card/" + added;
  const auto device = OpenApiWalk::json(R"({"product":"1","device":"D9"})");
  CHECK(walk.good(200, "POST", card + "/bind", device)["data"]["created_by"].GetString() ==
        std::string{"api:writer"});
  const auto other = OpenApiWalk::json(R"({"product":"1","device":"D8"})");
  walk.refused(409, "POST", card + "/bind", other);
  walk.bad(400, "POST", card + "/bind", OpenApiWalk::json(R"({"product":"1"})"));
  walk.refused(404, "POST", "/card/8986032574000000002/bind", other);
  const auto forced = OpenApiWalk::json(R"({"product":"1","device":"D8","force":true})");
  walk.good(200, "POST", card + "/bind", forced);
  walk.refused(409, "DELETE", card);
  CHECK(walk.good(200, "GET", card + "/history?pageNum=1&pageSize=1")["total"].GetInt() == 2);
  walk_cursor(walk, card + "/history");
  walk.refused(404, "GET", "/card/8986032574000000002/history");
  CHECK(walk.good(200, "POST", card + "/unbind")["data"]["ended_by"].GetString() ==
        std::string{"api:writer"});
  walk.refused(404, "POST", "/card/8986032574000000002/unbind", OpenApiWalk::json("{}"));
  walk.bad(400, "POST", card + "/unbind", OpenApiWalk::json(R"({"force":true})"));
  walk.good(200, "POST", card + "/bind", device);
  CHECK(walk.good(200, "POST", "/device/1/D9/unbind")["data"]["iccid"].GetString() == added);
  walk.refused(404, "POST", "/device/1/D9/unbind", OpenApiWalk::json("{}"));
  walk.bad(400, "POST", "/device/1/D9/unbind", OpenApiWalk::json(R"({"force":true})"));
}

void walk_platforms(OpenApiWalk& walk, PlatformServer& platform) {
  const std::string card = "/card/" + added;
  const auto asked = walk.good(200, "POST", card + "/refresh");
  CHECK(asked["data"]["card"]["status"].GetString() == std::string{"active"});
  walk.refused(409, "POST", "/card/" + one + "/refresh");
  walk.refused(404, "POST", "/card/8986032574000000002/refresh");
  const auto yes = OpenApiWalk::json(R"({"confirm":true})");
  const auto suspended = walk.good(200, "POST", card + "/suspend", yes);
  CHECK(suspended["data"]["requested_by"].GetString() == std::string{"api:writer"});
  CHECK(suspended["data"]["card"]["status"].GetString() == std::string{"suspended"});
  CHECK(walk.good(200, "POST", card + "/resume", yes)["data"]["failure"].IsNull());
  walk.bad(400, "POST", card + "/suspend", OpenApiWalk::json("{}"));
  walk.bad(400, "POST", card + "/resume", OpenApiWalk::json(R"({"confirm":false})"));
  walk.refused(404, "POST", "/card/8986032574000000002/suspend", yes);
  const auto asked_many =
      walk.good(202, "POST", "/card/batch",
                OpenApiWalk::json(R"({"action":"refresh","iccids":[")" + added + "\"]}"));
  CHECK(asked_many["data"]["requests"].Size() == 1);
  walk.good(200, "POST", card + "/refresh");  // it waits for the one that is stored
  const auto list = walk.good(200, "GET", "/platform/list");
  CHECK(list["rows"][0]["state"].GetString() == std::string{"well"});
  const auto none = walk.good(200, "POST", "/platform/3/accept-not-found");
  CHECK(none["data"]["accepted"].GetInt() == 0);
  walk.refused(404, "POST", "/platform/9/accept-not-found", OpenApiWalk::json("{}"));
  walk.bad(400, "POST", "/platform/x/accept-not-found");
  platform.fail(PlatformServer::Fault::html_502);
  walk.refused(502, "POST", card + "/refresh");
}

void scan_devices(OpenApiWalk& walk) {
  const auto list =
      walk.good(200, "GET", "/device/list?product=1&device=D&bound=true&pageNum=1&pageSize=10");
  CHECK(list["rows"][0]["device"].GetString() == std::string{"D1"});
  walk_cursor(walk, "/device/list");
  walk.bad(400, "GET", "/device/list?pageNum=0");
  const auto found = walk.good(
      200, "GET",
      "/device/list?iccid=89860429&lastSeenBefore=2099-01-01T00:00:00Z&lastSeenAfter=1w"
      "&silent=false&outcome=device_has_other_card&text=1/D1&orderByColumn=seenDay&isAsc=desc");
  CHECK(found["rows"].Size() == 1);
  CHECK(found["rows"][0]["silent_since"].IsNull());
  walk.good(200, "GET", "/device/export");
  walk.good(200, "GET",
            "/device/export?product=1&device=D&bound=true&silent=false&lastSeenBefore=1s"
            "&lastSeenAfter=1w&iccid=89&outcome=no_card&leniency=bom&issue=rssi&firmware=1"
            "&rssiBelow=-1&text=abc");
  walk.bad(400, "GET", "/device/export?text=ab");
  const auto none =
      walk.good(200, "GET", "/device/list?leniency=bom&issue=rssi&firmware=1.0&rssiBelow=-100");
  CHECK(none["rows"].Empty());
  walk.bad(400, "GET", "/device/list?leniency=luck");
  walk.refused(400, "GET", "/device/list?lastSeenBefore=yesterday");
  walk.refused(400, "GET", "/device/list?outcome=cloned");
  CHECK(walk.good(200, "GET", "/device/1/D1")["data"]["card"]["iccid"].GetString() == one);
  CHECK(walk.good(200, "GET", "/device/1/D2")["data"]["card"].IsNull());
  walk.refused(404, "GET", "/device/1/D7");
  const auto asked = walk.good(202, "POST", "/device/1/D1/ask");
  CHECK(asked["data"]["topic"].GetString() == std::string{"/1/D1/info/get"});
  walk.refused(404, "POST", "/device/1/D7/ask");
  walk.good(202, "POST", "/device/1/D7/ask", OpenApiWalk::json(R"({"force":true})"));
}

void remove_device(OpenApiWalk& walk) {
  walk.refused(404, "DELETE", "/device/1/D7");
  walk.good(200, "POST", "/card/" + std::string{two} + "/bind",
            OpenApiWalk::json(R"({"product":"1","device":"D6","force":true})"));
  walk.refused(409, "DELETE", "/device/1/D6");
  const auto removed = walk.good(200, "DELETE", "/device/1/D6?force=true");
  CHECK(removed["data"]["released"]["ended_by"].GetString() == std::string{"api:writer"});
  walk.refused(404, "GET", "/device/1/D6");
}

void walk_mismatches(OpenApiWalk& walk) {
  walk.good(200, "GET", "/mismatch/list?orderByColumn=id&isAsc=desc");
  const auto list = walk.good(200, "GET", "/mismatch/list?all=true&pageNum=1&pageSize=500");
  REQUIRE(list["rows"].Size() == 3);
  walk_cursor(walk, "/mismatch/list");
  const auto id = [&](rapidjson::SizeType row) {
    return "/mismatch/" + std::to_string(list["rows"][row]["id"].GetInt64());
  };
  const std::string some = "/mismatch/list?state=open&kind=card_unknown&product=1&device=D2";
  CHECK(walk.good(200, "GET", some)["total"].GetInt() == 1);
  walk.bad(400, "GET", "/mismatch/list?state=gone");
  walk.bad(400, "GET", "/mismatch/list?kind=mismatch.cleared");
  for (const char* filter : {"state=open,dismissed", "kind=card_unknown,mismatch.iccid_invalid",
                             "product=1", "suspect=cloned", "platform=2", "iccid=8986", "text=D20",
                             "since=1h", "until=2026-11-25T06:26:30Z", "orderByColumn=last_seen",
                             "orderByColumn=count&isAsc=desc", "orderByColumn=first_seen"}) {
    walk.good(200, "GET", std::string{"/mismatch/list?"} + filter);
  }
  walk.bad(400, "GET", "/mismatch/list?suspect=stolen");
  walk.refused(400, "GET", "/mismatch/list?since=soon");
  walk.refused(400, "GET", "/mismatch/list?all=true&orderByColumn=count");
  const std::string every_filter =
      "state=open&kind=card_in_use&suspect=moved&product=1&device=D2&platform=2&iccid=8986&"
      "text=8986&since=1h&until=2036-11-25T06:26:30Z";
  walk.good(200, "GET", "/mismatch/list?" + every_filter);
  walk.good(200, "GET", "/mismatch/export?all=true&" + every_filter);
  CHECK(walk.good(200, "GET", "/mismatch/statistics")["data"].Size() == 3);
  const auto details = walk.good(200, "GET", id(0));
  CHECK(details["data"]["accept_would"]["iccid"].GetString() == two);
  CHECK(details["data"]["accept_would"]["ended"].Size() == 1);
  walk.refused(404, "GET", "/mismatch/999");
  const auto many = [&](const std::string& path, const std::string& body) {
    return walk.good(200, "POST", "/mismatch/" + path, OpenApiWalk::json(body));
  };
  const auto refused = [&](int status, const std::string& path, const std::string& body) {
    walk.refused(status, "POST", "/mismatch/" + path, OpenApiWalk::json(body));
  };
  for (const char* verb : {"accept?", "dismiss?", "reopen?"}) {
    many(verb + every_filter, R"({"dryRun":true})");
  }
  const auto tried = many("accept?state=open", R"({"dryRun":true})");
  CHECK(tried["data"]["done"].GetInt() == 2);
  CHECK(tried["data"]["failed"].Size() == 1);
  refused(409, "accept?state=open", R"({"expected":7})");
  refused(400, "accept?state=open", "{}");
  refused(400, "dismiss", "{}");
  const auto hidden =
      many("dismiss?kind=iccid_invalid", R"({"expected":1,"reason":"firmware 1.2"})");
  CHECK(hidden["data"]["settled"][0]["reason"].GetString() == std::string{"firmware 1.2"});
  many("reopen", R"({"ids":[999]})");
  many("reopen?kind=iccid_invalid", R"({"expected":1})");
  walk.good(200, "POST", id(2) + "/dismiss", OpenApiWalk::json(R"({"reason":"known"})"));
  walk.good(200, "POST", id(2) + "/reopen");
  walk.refused(409, "POST", id(2) + "/reopen");
  const auto accepted = walk.good(200, "POST", id(0) + "/accept");
  CHECK(accepted["data"]["binding"]["iccid"].GetString() == two);
  CHECK(accepted["data"]["released"].Size() == 1);
  walk.refused(409, "POST", id(0) + "/accept");
  walk.refused(404, "POST", "/mismatch/999/accept", OpenApiWalk::json("{}"));
  walk.bad(400, "POST", id(1) + "/accept", OpenApiWalk::json(R"({"card":"12"})"));
  CHECK(walk.good(200, "POST", id(1) + "/dismiss")["data"]["state"].GetString() ==
        std::string{"dismissed"});
  walk.refused(404, "POST", "/mismatch/999/dismiss");
  walk.bad(400, "POST", "/mismatch/0x1/dismiss");
}

// Of a client that is not there, so that nobody publishes them.
void quarantine_two(const Daemon& daemon) {
  const auto store = open_store(daemon.store_url());
  for (const char* number : {"Q1", "Q2"}) {
    append_event(*store, "nobody",
                 {EventKind::binding_confirmed, DeviceKey{"1", number}, {}, Instant{}, "{}"});
  }
  for (const OutboxRow& row : store->read_outbox("nobody", 0, 2)) {
    REQUIRE(store->quarantine_event("nobody", row.sequence, "too large", Instant{}));
  }
}

void walk_reports(OpenApiWalk& walk) {
  const auto list = walk.good(200, "GET", "/rejected/list?reason=truncated&pageNum=1&pageSize=10");
  REQUIRE(list["rows"].Size() == 1);
  walk_cursor(walk, "/rejected/list");
  walk.bad(400, "GET", "/rejected/list?reason=bad-mood");
  const std::string id = std::to_string(list["rows"][0]["id"].GetInt64());
  CHECK(walk.good(200, "GET", "/rejected/" + id)["data"]["payload"].GetString() ==
        std::string{R"({"iccid":)"});
  walk.refused(404, "GET", "/rejected/999");
  walk.bad(400, "GET", "/rejected/last");
  const std::string events = "/event/list?limit=1&kind=mismatch,binding&since=1h";
  const auto newest = walk.good(200, "GET", events);
  REQUIRE(newest["more"].GetBool());
  walk.good(200, "GET", events + "&cursor=" + newest["nextCursor"].GetString());
  walk.good(200, "GET", "/event/list?before=2100-01-01&device=1/D1&iccid=" + one);
  walk.refused(400, "GET", "/event/list?kind=weather");
  walk.bad(400, "GET", "/event/list?device=D1");
  walk.refused(400, "GET", "/event/list?since=yesterday");
  CHECK(walk.good(200, "GET", "/event/quarantine?pageNum=1&pageSize=10")["rows"].Size() == 2);
  walk_cursor(walk, "/event/quarantine");
  walk.bad(400, "GET", "/event/quarantine?pageSize=0");
  const auto explained = walk.good(200, "POST", "/report/explain?topic=/1/D1/info/post",
                                   {documented_payload, "application/octet-stream"});
  CHECK(explained["data"]["iccid"].GetString() == one);
  CHECK(walk.good(200, "POST", "/report/explain", {"{", ""})["data"]["rejection"].IsObject());
  CHECK(walk.good(200, "POST", "/report/explain?device=1/D1",
                  {documented_payload, ""})["data"]["outcome"]
            .IsString());
  walk.refused(400, "POST", "/report/explain?device=1/D1&topic=t", {"{", ""});
  CHECK(walk.good(200, "DELETE",
                  "/rejected?reason=truncated&before=0s&dryRun=true")["data"]["matching"]
            .GetInt() == 1);
  walk.refused(409, "DELETE", "/rejected?reason=truncated&expected=7");
  walk.refused(404, "DELETE", "/rejected?ids=999");
  walk.refused(400, "DELETE", "/rejected");
  walk.good(200, "DELETE", "/rejected?ids=" + id + "&dryRun=true");
  CHECK(walk.good(200, "DELETE", "/rejected?reason=truncated&expected=1")["data"]["removed"]
            .GetInt() == 1);
  walk.refused(413, "POST", "/report/explain", {std::string((1 << 20) + 1, ' '), "text/plain"});
}

// Each event of a stream, as event.schema.json says.
void check_events(const std::string& stream) {
  const std::string begin = "\ndata: ";
  int events = 0;
  for (std::size_t at = stream.find(begin); at != std::string::npos;
       at = stream.find(begin, at + 1)) {
    const std::size_t from = at + begin.size();
    const std::string event = stream.substr(from, stream.find('\n', from) - from);
    if (event.find("specversion") == std::string::npos) continue;  // a gap
    INFO(event);
    CHECK(schema_error(event).value_or("") == "");
    ++events;
  }
  CHECK(events > 0);
}

}  // namespace

TEST_CASE("each operation of openapi.yaml works on a running daemon as described") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  PlatformServer::Card simulated;
  simulated.iccid = added;
  simulated.status = "ACTIVATED";
  platform.put(simulated);
  Daemon::Options options = with_platforms(
      platform_section(3, "jasper", platform, "rate = \"1000/s\"\ninterval = \"0s\""));
  options.toml["api"] = with_tokens(world.dir).toml["api"];
  options.toml["import"] = "mappings = [\"" IOTCARD_SOURCE_DIR "/examples/lists\"]";
  Daemon daemon{world.dir, world.broker.url(), options};
  daemon.wait_online();
  OpenApiWalk walk{daemon.api_port(), read_token, write_token};
  CHECK(walk.good(200, "GET", "/healthz")["data"]["live"].GetBool());
  CHECK(walk.good(200, "GET", "/readyz")["data"]["ready"].GetBool());
  walk.good(200, "GET", "/metrics");
  CHECK(walk.good(200, "GET", "/status")["data"]["daemon"]["state"] == "online");
  bool says_what_is_left_out = false;
  for (const auto& finding : walk.good(200, "GET", "/doctor")["data"].GetArray()) {
    CHECK(finding["status"] != "fail");
    says_what_is_left_out |= finding["check"] == "broker trial" && finding["status"] == "skip";
  }
  CHECK(says_what_is_left_out);
  walk.bad(404, "GET", "/cards");

  walk_imports(walk);
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/D1"));
  scan_cards(walk);
  world.report("D1", R"({"iccid":")" + two + R"("})");
  REQUIRE(world.wait_for("mismatch/device_has_other_card/1/D1"));
  world.report("D2", R"({"iccid":"89860322459912345671"})");
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D2"));
  world.report("D3", R"({"iccid":8.98604E+19})");
  REQUIRE(world.wait_for("mismatch/iccid_invalid/1/D3"));
  world.report("D4", R"({"iccid":)");
  REQUIRE(world.wait_for("report/rejected/1/D4"));
  world.report("D5", "[]");
  REQUIRE(world.wait_for("report/rejected/1/D5"));

  scan_devices(walk);
  walk_platforms(walk, platform);
  walk_lookup(walk);
  walk_batches(walk);
  walk_bindings(walk);
  walk_mismatches(walk);
  quarantine_two(daemon);
  walk_reports(walk);
  const std::string last = "event: binding.created";
  check_events(walk.stream("/event/stream", "elsewhere:1", last));
  check_events(walk.stream("/event/stream?lastEventId=elsewhere:1", "", last));
  check_events(walk.stream(
      "/event/stream?kind=binding&device=1/D1&iccid=" + one + "&lastEventId=elsewhere:1", "",
      last));
  CHECK(walk.good(200, "DELETE", "/card/" + added + "," + added + "?force=true")["data"].Size() ==
        1);
  walk.refused(404, "DELETE", "/card/" + added);
  walk.bad(400, "DELETE", "/card/1234");
  remove_device(walk);
  walk.finish();

  world.forget();
  world.broker.stop();
  REQUIRE(eventually([&] { return http_get(daemon.api_port(), "/readyz").status == 503; }));
  walk.refused(503, "GET", "/readyz");
  walk.refused(503, "POST", "/device/1/D1/ask");
}
