// SPDX-License-Identifier: Apache-2.0
// The history of published events: listed by iotcardctl and by the API, continued by a stream over
// a restart, bounded by retention, whole after kill -9, and off.
#include "operations/event_history.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <rapidjson/document.h>

#include <set>

#include "support/http_client.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

struct HistoryWorld : WatchedBroker {
  explicit HistoryWorld(const std::string& retention = "")
      : daemon(dir, broker.url(), {.toml = {{"retention", retention}}, .api = true}) {
    daemon.wait_online();
  }
  ~HistoryWorld() {
    if (test_has_failed()) UNSCOPED_INFO(daemon.tail());
  }
  // The lines of `iotcardctl events --json` with these options.
  std::vector<std::string> events(std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"events", "--json"});
    const CtlResult result = ctl(dir, daemon, options);
    INFO(result.err);
    CHECK(result.status == 0);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < result.out.size();) {
      const std::size_t end = result.out.find('\n', at);
      lines.push_back(result.out.substr(at, end - at));
      at = end + 1;
    }
    return lines;
  }
  // What the watcher got, the newest first.
  std::vector<std::string> published() const {
    std::vector<std::string> payloads;
    for (const ProbeMessage& message : WatchedBroker::events->messages()) {
      if (message.topic.starts_with("iotcard/event/")) payloads.push_back(message.payload);
    }
    std::reverse(payloads.begin(), payloads.end());
    return payloads;
  }
  rapidjson::Document get(const std::string& target, int status = 200) const {
    const HttpReply reply = http_get(daemon.api_port(), target);
    CAPTURE(target, reply.body);
    CHECK(reply.status == status);
    rapidjson::Document body;
    body.Parse(reply.body.c_str());
    REQUIRE(body.IsObject());
    return body;
  }
  static std::set<std::string> ids(const std::vector<std::string>& events) {
    std::set<std::string> found;
    for (const std::string& event : events) {
      const std::size_t at = event.find(R"("id":")");
      REQUIRE(at != std::string::npos);
      found.insert(event.substr(at + 6, event.find('"', at + 6) - at - 6));
    }
    return found;
  }

  Daemon daemon;
};

}  // namespace

TEST_CASE("published events are listed as they were published") {
  HistoryWorld world;
  add_card(world.dir, world.daemon, "89860429362000000971");
  world.report("D1", documented_payload);
  world.report("D2", R"({"iccid":"89860429362000000971"})");
  world.report("D3", "{");
  REQUIRE(world.wait_for("report/rejected/1/D3"));
  const auto published = world.published();
  REQUIRE(published.size() == 3);
  REQUIRE(eventually([&] { return world.events().size() == 3; }));
  CHECK(world.events() == published);
  CHECK(world.events({"--limit", "1"}) == std::vector{published[0]});
  CHECK(world.events({"--device", "1/D1"}) == std::vector{published[2]});
  CHECK(world.events({"--kind", "mismatch"}) == std::vector{published[2]});
  CHECK(world.events({"--kind", "binding.created,report"}) ==
        std::vector{published[0], published[1]});
  CHECK(world.events({"--iccid", "89860429362000000971"}) == std::vector{published[1]});
  CHECK(world.events({"--since", "1h", "--until", "2100-01-01"}).size() == 3);
  CHECK(world.events({"--until", "1h"}).empty());

  const CtlResult table = ctl(world.dir, world.daemon, {"events", "--device", "1/D1"});
  CHECK(table.status == 0);
  CHECK(contains(table.out, "KIND"));
  CHECK(contains(table.out, "mismatch.card_unknown"));
  CHECK(contains(table.out, documented_iccid));
  const CtlResult none = ctl(world.dir, world.daemon, {"events", "--device", "1/NOBODY"});
  CHECK(contains(none.out, "no such events"));
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--kind", "mismatches"},
                                                {"--device", "D1"},
                                                {"--iccid", "12"},
                                                {"--since", "yesterday"}}) {
    std::vector<std::string> arguments{"events"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    CHECK(ctl(world.dir, world.daemon, arguments).status == 2);
  }

  const auto first = world.get("/event/list?limit=2");
  CHECK(first["source"] == "store");
  CHECK(first["more"].GetBool());
  CHECK(first["rows"].Size() == 2);
  CHECK(first["rows"][0]["subject"] == "1/D3");
  const auto second =
      world.get(std::string{"/event/list?limit=2&cursor="} + first["nextCursor"].GetString());
  CHECK_FALSE(second["more"].GetBool());
  CHECK(second["nextCursor"].IsNull());
  REQUIRE(second["rows"].Size() == 1);
  CHECK(second["rows"][0]["subject"] == "1/D1");
  CHECK(world.get("/event/list?kind=mismatch&device=1/D1&since=1h")["rows"].Size() == 1);
  CHECK(world.get("/event/list?before=1h")["rows"].Empty());
  world.get("/event/list?kind=mismatches", 400);
  world.get("/event/list?device=D1", 400);
  world.get("/event/list?since=yesterday", 400);
  world.get("/event/list?limit=501", 400);
}

TEST_CASE("a stream continues over a restart from the history, with the same filters") {
  HistoryWorld world;
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D1"));
  const std::string seen = *HistoryWorld::ids(world.published()).begin();
  for (int i = 2; i <= 200; ++i) world.report("D" + std::to_string(i), documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D200"));
  CHECK(world.daemon.terminate() == 0);
  world.daemon.start();
  world.daemon.wait_online();
  REQUIRE(eventually([&] { return accepts_connections(world.daemon.api_port()); }));
  HttpConnection stream{world.daemon.api_port()};
  stream.send({.target = "/event/stream", .headers = {{"Last-Event-ID", seen}}});
  REQUIRE(stream.read_until("\"subject\":\"1/D200\""));
  world.report("LIVE", documented_payload);
  REQUIRE(stream.read_until("\"subject\":\"1/LIVE\""));
  CHECK_FALSE(contains(stream.received(), "event: gap"));
  CHECK_FALSE(contains(stream.received(), "\"subject\":\"1/D1\""));
  for (int i = 2; i <= 200; ++i) {
    const std::string subject = "\"subject\":\"1/D" + std::to_string(i) + "\"";
    const std::size_t at = stream.received().find(subject);
    CAPTURE(i);
    REQUIRE(at != std::string::npos);
    CHECK(stream.received().find(subject, at + 1) == std::string::npos);
  }

  HttpConnection filtered{world.daemon.api_port()};
  filtered.send({.target = "/event/stream?device=1/D77&lastEventId=" + seen});
  REQUIRE(filtered.read_until("\"subject\":\"1/D77\""));
  world.report("D77", documented_payload);
  REQUIRE(filtered.read_until("\"count\":2"));
  CHECK_FALSE(contains(filtered.received(), "\"subject\":\"1/D78\""));
  CHECK_FALSE(contains(filtered.received(), "\"subject\":\"1/LIVE\""));
}

TEST_CASE("a stream says that there is a gap if retention has deleted what it missed") {
  HistoryWorld world{"events = 16"};
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D1"));
  const std::string seen = *HistoryWorld::ids(world.published()).begin();
  for (int i = 2; i <= 60; ++i) world.report("D" + std::to_string(i), documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D60"));
  // What is kept is the newest, and no more than that.
  REQUIRE(eventually([&] {
    const auto kept = world.events();
    return kept.size() <= 16 && !kept.empty() && contains(kept[0], "1/D60");
  }));
  CHECK(world.events().size() >= 8);
  CHECK(world.daemon.terminate() == 0);
  world.daemon.start();
  world.daemon.wait_online();
  REQUIRE(eventually([&] { return accepts_connections(world.daemon.api_port()); }));
  HttpConnection stream{world.daemon.api_port()};
  stream.send({.target = "/event/stream", .headers = {{"Last-Event-ID", seen}}});
  REQUIRE(stream.read_until("\"subject\":\"1/D60\""));
  CHECK(contains(stream.received(), "event: gap\ndata: {\"reason\":\"expired\""));
}

TEST_CASE("with the history off nothing is kept; the API lists what it has in memory") {
  HistoryWorld world{"events = 0"};
  for (int i = 1; i <= 3; ++i) world.report("D" + std::to_string(i), documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D3"));
  const CtlResult result = ctl(world.dir, world.daemon, {"events"});
  CHECK(result.status == 1);
  CHECK(contains(result.err, "the history of events is off"));
  const auto store = open_store(world.daemon.store_url());
  REQUIRE(eventually([&] { return store->count_outbox("iotcardd") == 0; }));
  CHECK(store->event_clients().empty());

  const auto page = world.get("/event/list?limit=2");
  CHECK(page["source"] == "memory");
  REQUIRE(page["rows"].Size() == 2);
  CHECK(page["rows"][0]["subject"] == "1/D3");
  CHECK(page["more"].GetBool());
  const auto rest =
      world.get(std::string{"/event/list?limit=2&cursor="} + page["nextCursor"].GetString());
  REQUIRE(rest["rows"].Size() == 1);
  CHECK(rest["rows"][0]["subject"] == "1/D1");
  CHECK_FALSE(rest["more"].GetBool());
  CHECK(world.get("/event/list?device=1/D2")["rows"].Size() == 1);
}

TEST_CASE("kill -9 between publication and its record: at least once, and the history is whole") {
  HistoryWorld world;
  {
    SQLite::Database store{world.dir.file("cards.db"), SQLite::OPEN_READWRITE};
    store.setBusyTimeout(5000);
    for (const std::string event : {"INSERT", "UPDATE"}) {
      store.exec("CREATE TRIGGER fault_" + event + " BEFORE " + event +
                 " ON meta WHEN new.name LIKE 'published:%' "
                 "BEGIN SELECT raise(ABORT, 'not recorded'); END");
    }
  }
  for (int i = 1; i <= 5; ++i) world.report("D" + std::to_string(i), documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D5"));
  world.daemon.kill();
  {
    SQLite::Database store{world.dir.file("cards.db"), SQLite::OPEN_READWRITE};
    store.exec("DROP TRIGGER fault_INSERT; DROP TRIGGER fault_UPDATE");
  }
  const auto first_time = HistoryWorld::ids(world.published());
  const auto store = open_store(world.daemon.store_url());
  CHECK(store->published_position("iotcardd") == 0);
  CHECK(store->count_outbox("iotcardd") >= 5);

  world.daemon.start();
  world.report("LAST", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/LAST"));
  REQUIRE(eventually([&] { return store->count_outbox("iotcardd") == 0; }));
  const auto all = HistoryWorld::ids(world.published());
  CHECK(HistoryWorld::ids(world.events({"--limit", "0"})) == all);
  for (const std::string& id : first_time) CHECK(all.count(id) == 1);
  CHECK(store->complete_after("iotcardd") == 0);
}
