// SPDX-License-Identifier: Apache-2.0
// Imports in a running daemon and beside it: who works on one, and who finishes it.
#include <thread>

#include "store/store.h"
#include "support/http_client.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

std::string number(int i) {
  return "8986061706" + std::to_string(1'000'000'001 + i);
}

std::string list(int count) {
  std::string text = "iccid,plan\n";
  for (int i = 0; i < count; ++i) text += number(i) + ",A\n";
  return text;
}

}  // namespace

TEST_CASE("an import over HTTP is not disturbed by iotcardctl") {
  constexpr int count = 60'000;
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.api = true}};
  daemon.wait_online();
  add_card(world.dir, daemon, documented_iccid);
  const auto store = open_store(daemon.store_url());
  HttpReply reply;
  std::thread request{[&] {
    HttpConnection connection{daemon.api_port()};
    connection.send({.method = "POST",
                     .target = "/card/import",
                     .headers = {{"Content-Type", "text/csv"}},
                     .body = list(count)});
    reply = connection.read_reply(std::chrono::minutes{2});
  }};
  for (const bool complete : {false, true}) {
    CHECK(eventually([&] {
      const auto imports = store->imports();
      return !imports.empty() && imports[0].complete == complete;
    }));
    const CtlResult noted = ctl(world.dir, daemon, {"card", "set", documented_iccid, "note=x"});
    CHECK(noted.status == 0);
    CHECK(noted.err == "");
    CHECK(store->imports().size() == 1);
  }
  request.join();
  CHECK(reply.status == 200);
  CHECK(store->count_cards({}) == count + 1);
}

TEST_CASE("a running daemon finishes an import whose process was killed") {
  constexpr int count = 40'000;
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  const auto store = open_store(daemon.store_url());
  const std::string file = world.dir.file("list.csv");
  write_file(file, list(count));
  Process import{{.command = {IOTCARDCTL, "--config", daemon.config_path(), "card", "import", file},
                  .output = world.dir.file("import"),
                  .env = {},
                  .input = {}}};
  REQUIRE(eventually([&] { return store->count_cards({}) > 1000; }));
  import.kill();
  REQUIRE(store->count_cards({}) < count);
  CHECK(eventually([&] { return store->imports().empty(); }));
  CHECK(store->count_cards({}) == count);
  CHECK(daemon.wait_for_log("finished 1 card imports that had ended half way"));
}

TEST_CASE("a stop does not wait until the list of a dead import is deleted") {
  constexpr int count = 300'000;
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.start = false}};
  const auto store = open_store(daemon.store_url());
  const std::int64_t import = store->add_import("00\nann");
  {
    Transaction transaction{*store};
    for (int i = 0; i < count; ++i) {
      store->stage_card(import, {.line = 2 + i,
                                 .iccid = Iccid::from_canonical(number(i)).value(),
                                 .device = {},
                                 .fields = "plan=A"});
    }
    transaction.commit();
  }
  store->release_import(import);
  daemon.start();
  REQUIRE(eventually([&] { return store->staged_cards(import, 0, 1).at(0).line > 2; }));
  CHECK(daemon.terminate() == 0);
  CHECK(store->staged_cards(import, 0, 1).size() == 1);
  REQUIRE(store->imports().size() == 1);
  CHECK(store->claim_import(import));
}
