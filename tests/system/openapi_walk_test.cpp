// SPDX-License-Identifier: Apache-2.0
// Each operation of schemas/openapi.yaml on a running daemon, where it succeeds and where it fails;
// requests and answers are as that page says.
#include "system/openapi_walk.h"

#include <sys/stat.h>

#include <filesystem>

#include "domain/event.h"
#include "support/json_schema.h"
#include "support/store_writes.h"
#include "system/openapi_card_walks.h"

using namespace iotcard;
using namespace iotcard::card_walks;

namespace {

const std::string read_token = "a-token-that-may-only-read";
const std::string write_token = "a-token-that-may-do-all";

Daemon::Options with_tokens(const TempDir& dir) {
  const std::string file = dir.file("tokens");
  write_file(file, "reader read " + read_token + "\nwriter write " + write_token + "\n");
  chmod(file.c_str(), 0600);
  Daemon::Options options;
  const std::string web = dir.file("web");
  std::filesystem::create_directories(web + "/assets");
  write_file(web + "/index.html", "<!doctype html>");
  write_file(web + "/assets/main.js", "export {};");
  options.toml["api"] = "token_file = \"" + file + "\"\nweb_dir = \"" + web + "\"";
  options.api = true;
  return options;
}

void walk_sessions(OpenApiWalk& walk) {
  const auto session = OpenApiWalk::json(R"({"token":")" + read_token + "\"}");
  CHECK(walk.good(200, "POST", "/session", session)["data"]["scope"] == "read");
  walk.refused(401, "POST", "/session", OpenApiWalk::json(R"({"token":"nobody's"})"));
  walk.bad(400, "POST", "/session", OpenApiWalk::json(R"({"token":1})"));
  CHECK(walk.good(200, "GET", "/session")["data"]["name"] == "writer");
  CHECK_FALSE(walk.good(200, "DELETE", "/session")["data"]["ended"].GetBool());
}

void scan_devices(OpenApiWalk& walk) {
  const auto list =
      walk.good(200, "GET", "/device/list?product=1&device=D&bound=true&pageNum=1&pageSize=10");
  CHECK(list["rows"][0]["device"].GetString() == std::string{"D1"});
  walk.read_by_cursor("/device/list");
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
  walk.good(200, "GET",
            "/device/facets?product=1&device=D&bound=true&silent=false&lastSeenBefore=1s"
            "&lastSeenAfter=1w&iccid=89&outcome=no_card&leniency=bom&issue=rssi&firmware=1"
            "&rssiBelow=-1&text=abc&facets=issue,firmware");
  const auto facets = walk.good(200, "GET", "/device/facets");
  CHECK(facets["data"]["facets"]["product"][0]["value"].GetString() == std::string{"1"});
  walk.bad(400, "GET", "/device/facets?facets=colour");
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
  CHECK(
      walk.good(200, "DELETE", "/device/1/D6?force=true&dryRun=true")["data"]["dry_run"].GetBool());
  const auto removed = walk.good(200, "DELETE", "/device/1/D6?force=true");
  CHECK(removed["data"]["released"]["ended_by"].GetString() == std::string{"api:writer"});
  walk.refused(404, "GET", "/device/1/D6");
}

void walk_mismatches(OpenApiWalk& walk) {
  walk.good(200, "GET", "/mismatch/list?orderByColumn=id&isAsc=desc");
  const auto list = walk.good(200, "GET", "/mismatch/list?all=true&pageNum=1&pageSize=500");
  REQUIRE(list["rows"].Size() == 3);
  walk.read_by_cursor("/mismatch/list");
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
  walk.read_by_cursor("/rejected/list");
  walk.bad(400, "GET", "/rejected/list?reason=bad-mood");
  const std::string id = std::to_string(list["rows"][0]["id"].GetInt64());
  CHECK(walk.good(200, "GET", "/rejected/" + id)["data"]["payload"].GetString() ==
        std::string{R"({"iccid":)"});
  const auto counts = walk.good(200, "GET", "/rejected/statistics");
  CHECK(counts["data"]["total"].GetInt() == 2);
  CHECK(walk.good(200, "GET",
                  "/rejected/list?reason=truncated,too-deep&device=1/D4&topic=info&since=1h&"
                  "until=2100-01-01")["total"]
            .GetInt() == 1);
  walk.bad(400, "GET", "/rejected/list?device=D4");
  walk.good(200, "GET", "/rejected/" + id + "/payload");
  walk.refused(404, "GET", "/rejected/999/payload");
  const auto again = walk.good(200, "POST", "/rejected/" + id + "/replay?dryRun=true");
  CHECK(again["data"]["rejection"]["offset"].GetInt() == 9);
  CHECK_FALSE(walk.good(200, "POST", "/rejected/" + id + "/replay")["data"]["applied"].GetBool());
  walk.refused(404, "POST", "/rejected/999/replay");
  walk.refused(404, "GET", "/rejected/999");
  walk.bad(400, "GET", "/rejected/last");
  const auto series = walk.good(
      200, "GET", "/statistics/series?metric=received,outcome.binding.created&since=1h&step=1h");
  CHECK(series["data"]["series"]["received"].Size() == 2);
  walk.refused(400, "GET", "/statistics/series?metric=mood");
  walk.refused(400, "GET", "/statistics/series?since=8d");
  walk.bad(400, "GET", "/statistics/series?step=7m");
  const std::string events = "/event/list?limit=1&kind=mismatch,binding&since=1h";
  const auto newest = walk.good(200, "GET", events);
  REQUIRE(newest["more"].GetBool());
  walk.good(200, "GET", events + "&cursor=" + newest["nextCursor"].GetString());
  walk.good(200, "GET", "/event/list?before=2100-01-01&device=1/D1&iccid=" + one);
  walk.refused(400, "GET", "/event/list?kind=weather");
  walk.bad(400, "GET", "/event/list?device=D1");
  walk.refused(400, "GET", "/event/list?since=yesterday");
  CHECK(walk.good(200, "GET", "/event/quarantine?pageNum=1&pageSize=10")["rows"].Size() == 2);
  walk.read_by_cursor("/event/quarantine");
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
  REQUIRE(eventually([&] { return http_get(daemon.api_port(), "/readyz").status == 200; }));
  OpenApiWalk walk{daemon.api_port(), read_token, write_token};
  walk.good(200, "GET", "/");
  walk.good(200, "GET", "/assets/main.js");
  walk.refused(404, "GET", "/assets/none.js");
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
  const auto settings = walk.good(200, "GET", "/settings");
  CHECK(settings["data"]["settings"][0]["key"] == "broker.url");
  CHECK(settings["data"]["settings"][0]["origin"] == "file");
  walk_sessions(walk);

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
