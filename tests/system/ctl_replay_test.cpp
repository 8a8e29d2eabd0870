// SPDX-License-Identifier: Apache-2.0
// Reports that the rules of the day could not use are decided anew once the rules are mended, with
// the daemon running.
#include <rapidjson/document.h>

#include <csignal>
#include <filesystem>

#include "store/store.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

const std::string narrow = R"(topics = ["/{product}/{device}/info/post"])";
const std::string wide = R"(topics = ["/{product}/{device}/info/post", "/{product}/{device}/up"])";

rapidjson::Document parse(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str());
  INFO(text);
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

std::string after_of(const rapidjson::Document& reports, unsigned index) {
  REQUIRE(reports.Size() > index);
  return reports[index]["after"].GetString();
}

}  // namespace

TEST_CASE(
    "reports that fitted no topic or key are replayed after the configuration was corrected") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.toml = {{"reports", wide}}}};
  add_card(world.dir, daemon, documented_iccid);
  add_card(world.dir, daemon, "89860617060065258667");
  daemon.wait_online();
  REQUIRE(daemon.terminate() == 0);
  // The broker keeps this for the old subscription; by then the configuration knows it no more.
  MqttProbe device{world.broker.url()};
  device.publish("/1/D1/up", documented_payload);
  daemon.write_config({{"reports", narrow}});
  daemon.start();
  REQUIRE(world.wait_for("report/rejected/-/-"));
  world.report("D2", R"({"ccid":"89860617060065258667"})");
  REQUIRE(eventually([&] {
    return ctl(world.dir, daemon, {"device", "list", "--json"}).out.find("D2") != std::string::npos;
  }));
  const auto too_early = parse(ctl(world.dir, daemon, {"replay", "--rejected", "--json"}).out);
  CHECK(after_of(too_early, 0) == "report.rejected");

  daemon.write_config({{"reports", wide + "\niccid_keys = [\"iccid\", \"ccid\"]"}});
  daemon.process().signal(SIGHUP);
  REQUIRE(daemon.wait_for_log("reloaded"));
  const auto dry = ctl(world.dir, daemon, {"replay", "--rejected", "--dry-run"});
  CHECK(dry.status == 0);
  CHECK(dry.out.find("report.rejected: bad-topic  binding.created  1") != std::string::npos);
  CHECK(dry.out.find("dry run, nothing stored: 1 reports, 1 would change something") !=
        std::string::npos);
  CHECK(parse(ctl(world.dir, daemon, {"rejected", "list", "--json"}).out).Size() == 1);

  const auto rejected = parse(ctl(world.dir, daemon, {"replay", "--rejected", "--json"}).out);
  CHECK(after_of(rejected, 0) == "binding.created");
  CHECK(std::string{rejected[0]["before_reason"].GetString()} == "bad-topic");
  REQUIRE(world.wait_for("binding/created/1/D1"));
  const auto last = parse(ctl(world.dir, daemon, {"replay", "--last", "--json"}).out);
  CHECK(after_of(last, 0) == "binding.created");
  CHECK_FALSE(last[0]["changed"].GetBool());  // D1, just replayed
  CHECK(after_of(last, 1) == "binding.created");
  CHECK(std::string{last[1]["before"].GetString()} == "report.no_card");
  REQUIRE(world.wait_for("binding/created/1/D2"));

  CHECK(parse(ctl(world.dir, daemon, {"replay", "--rejected", "--json"}).out).Empty());
  const auto again = parse(ctl(world.dir, daemon, {"replay", "--last", "--json"}).out);
  for (const auto& report : again.GetArray()) CHECK_FALSE(report["changed"].GetBool());
  world.seen();  // all of them valid
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("a kept journal restores reports to a store that does not have them, once") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.toml = {{"intake", "keep = \"1d\""}}}};
  daemon.wait_online();
  for (const char* number : {"D1", "D2", "D3"}) world.report(number, documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D3"));
  const auto known = parse(ctl(world.dir, daemon, {"replay", "--journal", "--yes", "--json"}).out);
  REQUIRE(known.Size() == 3);
  CHECK(after_of(known, 0) == "superseded");
  CHECK(daemon.terminate() == 0);

  const std::string store = "sqlite:" + world.dir.file("other.db");
  REQUIRE(ctl(world.dir, {"--store", store, "card", "add", documented_iccid}).status == 0);
  const std::vector<std::string> replay{"--store", store,       "--json",           "replay",
                                        "--yes",   "--journal", daemon.intake_dir()};
  const auto first = parse(ctl(world.dir, replay).out);
  REQUIRE(first.Size() == 3);
  CHECK(after_of(first, 0) == "binding.created");
  CHECK(after_of(first, 1) == "mismatch.card_in_use");
  CHECK(after_of(parse(ctl(world.dir, replay).out), 0) == "superseded");
}

TEST_CASE("replay says what is wrong with its arguments") {
  const TempDir dir;
  const std::string store = "sqlite:" + dir.file("cards.db");
  REQUIRE(ctl(dir, {"--store", store, "card", "add", documented_iccid}).status == 0);
  const auto fails = [&](std::vector<std::string> arguments, int status, const std::string& part) {
    arguments.insert(arguments.begin(), {"--store", store, "replay"});
    const CtlResult result = ctl(dir, arguments);
    INFO(result.err);
    CHECK(result.status == status);
    CHECK(result.err.find(part) != std::string::npos);
    CHECK(result.out.empty());
  };
  fails({}, 2, "--journal");
  fails({"--last", "--rejected"}, 2, "--last");
  fails({"--last", "--reason", "empty"}, 2, "--rejected");
  fails({"--rejected", "--reason", "nonsense"}, 2, "bad-topic");
  fails({"--rejected", "--since", "yesterday"}, 2, "2026-11-23");
  fails({"--rejected", "--device", "D1"}, 2, "PRODUCT/NUMBER");
  fails({"--journal", dir.file("")}, 1, "*.journal");
  fails({"--journal", dir.file("nowhere")}, 1, "nowhere");
}

TEST_CASE("a journal is not replayed while deferred reports of it wait in the store") {
  const TempDir dir;
  Daemon daemon{dir, "mqtt://127.0.0.1:1", {.start = false}};
  std::filesystem::create_directory(daemon.intake_dir());
  const auto store = open_store(daemon.store_url());
  store->set_journal_position("iotcardd", {1, 0});
  store->defer_report("iotcardd", {.topic = "/1/D1/info/post",
                                   .payload = documented_payload,
                                   .size = static_cast<std::uint32_t>(documented_payload.size()),
                                   .arrival = {}});
  // The daemon's own folder, however it is spelled.
  for (const std::string& folder : {std::string{}, daemon.intake_dir(), daemon.intake_dir() + "/",
                                    daemon.intake_dir() + "/."}) {
    std::vector<std::string> arguments = {"replay", "--journal"};
    if (!folder.empty()) arguments.push_back(folder);
    const CtlResult replayed = ctl(dir, daemon, arguments);
    INFO(folder << replayed.out << replayed.err);
    CHECK(replayed.status == 1);
    CHECK(replayed.err.find("1 reports of this journal wait in the store") != std::string::npos);
  }
}
