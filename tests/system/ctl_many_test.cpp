// SPDX-License-Identifier: Apache-2.0
// The verbs of iotcardctl on a list of ICCIDs or on a filter, as an operator runs them.
#include <algorithm>

#include "store/store.h"
#include "system/desk.h"
#include "system/platform_world.h"

using namespace iotcard;

namespace {

std::string numbered_list(int from, int to) {
  std::string list;
  for (int i = from; i < to; ++i) list += numbered_iccid(i) + "\n";
  return list;
}

// Twenty cards, of which the first five are suspended.
void fill(Desk& desk) {
  std::string csv = "iccid,status,platform\n";
  for (int i = 0; i < 20; ++i) {
    csv += numbered_iccid(i) + (i < 5 ? ",suspended,1\n" : ",active,2\n");
  }
  REQUIRE(desk.run({"card", "import", "--trust-zeros", "-"}, csv).status == 0);
}

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

}  // namespace

TEST_CASE("cards of a filter are changed once the operator says how many there are") {
  Desk desk;
  fill(desk);
  const std::vector<std::string> set{"card", "set", "--status", "suspended", "plan=B", "note=x"};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> words = set;
    words.insert(words.end(), more.begin(), more.end());
    return desk.run(words);
  };
  const auto asked = with({});
  CHECK(asked.status == 1);
  CHECK(has(asked.err, "5 cards match; nothing was done. To set them say --yes 5"));
  const auto wrong = with({"--yes", "4"});
  CHECK(wrong.status == 1);
  CHECK(has(wrong.err, "5 cards match in the store, not 4; nothing was done"));
  const auto tried = with({"--dry-run"});
  CHECK(tried.status == 0);
  CHECK(tried.out == "dry run, nothing is done: 5 cards would be changed\n");
  CHECK(desk.json({"card", "show", numbered_iccid(0)})["plan"].IsNull());

  const auto done = with({"--yes", "5"});
  CHECK(done.status == 0);
  CHECK(done.out == "5 cards changed\n");
  const auto card = desk.json({"card", "show", numbered_iccid(4)});
  CHECK(std::string{card["plan"].GetString()} == "B");
  REQUIRE(card["changes"].Size() == 3);
  CHECK(std::string{card["changes"][2]["kind"].GetString()} == "added");
  CHECK(desk.json({"card", "show", numbered_iccid(5)})["plan"].IsNull());
  const auto none = desk.run({"card", "set", "--status", "terminated", "plan=C"});
  CHECK(none.status == 0);
  CHECK(none.out == "no card matches\n");
}

TEST_CASE("cards of a list are changed, and each that cannot be is named with its reason") {
  Desk desk;
  fill(desk);
  const std::string file = desk.dir.file("list.txt");
  write_file(file, "# to be sold\n\n" + numbered_list(3, 6) + numbered_iccid(3) + "\n" +
                       numbered_iccid(99) + "\nno card\n");
  const auto done = desk.run({"card", "set", "--from", file, "--yes", "3", "plan=B"});
  CHECK(done.status == 1);
  CHECK(done.out == "3 of 5 cards changed\n");
  CHECK(has(done.err, numbered_iccid(99) + ": there is no such card in the store"));
  CHECK(has(done.err, "no card: line 8: \"no card\" is no ICCID"));

  desk.run({"bind", "1/D4", numbered_iccid(4)});
  const auto removed =
      desk.run({"card", "remove", "--from", "-", "--yes", "3", "--json"}, numbered_list(3, 6));
  CHECK(removed.status == 1);
  const auto result = parsed(removed.out);
  CHECK(result["matching"].GetInt() == 3);
  CHECK(result["done"].GetInt() == 2);
  REQUIRE(result["failed"].Size() == 1);
  CHECK(std::string{result["failed"][0]["iccid"].GetString()} == numbered_iccid(4));
  CHECK(has(result["failed"][0]["reason"].GetString(), "1/D4"));
  CHECK_FALSE(result["dry_run"].GetBool());
  const auto gone = desk.run({"card", "show", numbered_iccid(3)});
  CHECK(gone.status == 1);
  CHECK(has(gone.err, "it was removed at "));
  CHECK(desk.run({"card", "remove", "--from", "-", "--yes", "1", "--force"}, numbered_iccid(4))
            .status == 0);
  CHECK(desk.json({"card", "list"}).Size() == 17);
  CHECK(desk.run({"card", "set", "--from", desk.dir.file("none"), "plan=B"}).status == 1);
}

TEST_CASE("an export has the cards of a filter or of a list") {
  Desk desk;
  fill(desk);
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  CHECK(lines(desk.run({"card", "export"}).out) == 21);
  CHECK(lines(desk.run({"card", "export", "--platform", "1"}).out) == 6);
  CHECK(desk.json({"card", "export", "--status", "active"}).Size() == 15);
  const std::string file = desk.dir.file("some.csv");
  const auto listed = desk.run({"card", "export", file, "--from", "-"},
                               numbered_iccid(7) + "\n" + numbered_iccid(2) + "\n");
  CHECK(listed.status == 0);
  CHECK(listed.out == "2 cards exported to " + file + "\n");
  const std::string csv = read_file(file);
  CHECK(lines(csv) == 3);
  CHECK(csv.find(numbered_iccid(7)) < csv.find(numbered_iccid(2)));
  const auto missing = desk.run({"card", "export", "--from", "-"}, numbered_list(19, 21));
  CHECK(missing.status == 1);
  CHECK(lines(missing.out) == 2);
  CHECK(has(missing.err, numbered_iccid(20) + ": there is no such card"));
  CHECK(desk.run({"card", "export", "--text", "ab"}).status == 2);
}

TEST_CASE("one card is named as before, and a mixture of both is wrong usage") {
  Desk desk;
  fill(desk);
  const std::string one = numbered_iccid(1);
  CHECK(desk.run({"card", "set", one, "plan=B"}).out == "card " + one + " changed\n");
  CHECK(desk.json({"card", "set", one, "plan=C"})["plan"].GetString() == std::string{"C"});
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"card", "set", one, "plan=B", "--status", "active"},
        {"card", "set"},
        {"card", "set", one},
        {"card", "set", "--status", "active", "--yes", "15"},
        {"card", "set", "plan=B", "--status", "active", "--yes", "many"},
        {"card", "set", one, "plan=B", "--dry-run"},
        {"card", "remove"},
        {"card", "remove", one, "--from", "-"},
        {"card", "remove", "--from", "-", "--status", "active"},
        {"card", "suspend"},
        {"card", "refresh"},
        {"card", "refresh", "--all", "--status", "active"},
        {"card", "refresh", "--stale", "--all"}}) {
    CAPTURE(wrong);
    CHECK(desk.run(wrong).status == 2);
  }
  CHECK(desk.json({"card", "list"}).Size() == 20);
}

TEST_CASE("on a terminal the operator is asked") {
  Desk desk;
  fill(desk);
  const auto answer = [&](const std::string& word) {
    // script(1) gives the program a terminal.
    Process asked{{.command = {"script", "-qec",
                               std::string{IOTCARDCTL} + " --store " + desk.store +
                                   " card set --status suspended plan=B",
                               desk.dir.file("typescript")},
                   .output = desk.dir.file("asked"),
                   .env = {},
                   .input = [&] {
                     const std::string input = desk.dir.file("answer");
                     write_file(input, word + "\n");
                     return input;
                   }()}};
    return asked.wait();
  };
  CHECK(answer("n") == 1);
  CHECK(desk.json({"card", "show", numbered_iccid(0)})["plan"].IsNull());
  CHECK(answer("y") == 0);
  CHECK(desk.json({"card", "show", numbered_iccid(0)})["plan"].GetString() == std::string{"B"});
}

TEST_CASE("cards of a filter are suspended and resumed at their platform") {
  WatchedBroker world;
  PlatformServer platform{"jasper"};
  Daemon daemon{world.dir, world.broker.url(),
                with_platforms(platform_section(7, "jasper", platform, no_limits))};
  daemon.wait_online();
  std::string csv = "iccid,platform\n";
  for (int i = 0; i < 4; ++i) {
    if (i != 3) platform.put(simulated_card(numbered_iccid(i), "ACTIVATED"));
    csv += numbered_iccid(i) + ",7\n";
  }
  csv += numbered_iccid(9) + ",\n";
  REQUIRE(ctl(world.dir, daemon, {"card", "import", "--trust-zeros", "-"}, csv).status == 0);
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "card");
    const CtlResult result = ctl(world.dir, daemon, words);
    UNSCOPED_INFO(result.out << result.err);
    return result;
  };
  const auto asked = run({"suspend", "--prefix", "8986"});
  CHECK(asked.status == 1);
  CHECK(has(asked.err, "say --yes 5"));
  const auto tried = run({"suspend", "--prefix", "8986", "--dry-run"});
  CHECK(tried.status == 1);
  CHECK(has(tried.out, "4 of 5 cards would be suspended"));
  CHECK(has(tried.err, numbered_iccid(9) + ": card " + numbered_iccid(9) + " has no platform"));
  CHECK(has(show_card(world, daemon, numbered_iccid(0)), R"("requests":[])"));

  // The platform has three of the four; the fifth has no platform.
  const auto suspended = run({"suspend", "--prefix", "8986", "--yes", "5", "--json"});
  CHECK(suspended.status == 1);
  const auto result = parsed(suspended.out);
  CHECK(result["matching"].GetInt() == 5);
  CHECK(result["done"].GetInt() == 3);
  REQUIRE(result["failed"].Size() == 2);
  CHECK(std::string{result["failed"][0]["iccid"].GetString()} == numbered_iccid(9));
  CHECK(std::string{result["failed"][1]["iccid"].GetString()} == numbered_iccid(3));
  for (int i = 0; i < 3; ++i) REQUIRE(world.wait_for("card/abnormal/card/" + numbered_iccid(i)));
  CHECK(has(show_card(world, daemon, numbered_iccid(0)),
            R"("by":"platform:7","kind":"changed","field":"status")"));

  const auto resumed = run({"resume", "--status", "suspended", "--yes", "3"});
  CHECK(resumed.status == 0);
  CHECK(resumed.out == "3 cards resumed\n");
  const auto refreshed = run({"refresh", "--status", "active", "--yes", "3"});
  CHECK(refreshed.status == 0);
  CHECK(refreshed.out == "3 cards refreshed\n");
  // The parser takes an ICCID behind --yes for its number.
  CHECK(run({"suspend", "--yes", numbered_iccid(0)}).status == 0);
}

TEST_CASE("reports are applied while many cards are changed") {
  constexpr int count = 20'000;
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  std::string csv = "iccid\n";
  for (int i = 0; i < count; ++i) csv += numbered_iccid(i) + "\n";
  REQUIRE(ctl(world.dir, daemon, {"card", "import", "--trust-zeros", "-"}, csv).status == 0);
  Process change{{.command = {IOTCARDCTL, "--config", daemon.config_path(), "card", "set",
                              "--prefix", "8986", "--yes", std::to_string(count), "plan=B"},
                  .output = world.dir.file("change"),
                  .env = {},
                  .input = {}}};
  const auto store = open_store(daemon.store_url());
  REQUIRE(eventually([&] {
    return store->find_card(*Iccid::from_canonical(numbered_iccid(0)))->card.plan == "B";
  }));
  world.report("D1", R"({"iccid":")" + numbered_iccid(count - 1) + R"("})");
  REQUIRE(world.wait_for("binding/created/1/D1"));
  CHECK(change.wait(std::chrono::minutes{2}) == 0);
  CHECK(change.out() == std::to_string(count) + " cards changed\n");
}
