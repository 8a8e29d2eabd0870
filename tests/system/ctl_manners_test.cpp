// SPDX-License-Identifier: Apache-2.0
// The manners of the command line: what it says to a mistyped command, exit statuses, errors in
// JSON, --quiet. No daemon, no broker.
#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "store/store.h"
#include "support/store_writes.h"
#include "system/desk.h"

using namespace iotcard;

namespace {

const std::string one = "898604293620C0000970";
const std::string two = "89860617060065258667";

bool is_one_line(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') == 1 && text.ends_with('\n');
}

}  // namespace

TEST_CASE("a mistyped verb is named, with what may be meant and what there is") {
  const TempDir dir;
  const auto [arguments, part] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"cards"}, "there is no \"cards\", did you mean \"card\"? known: card, device, "},
      {{"cards", "list"}, "there is no \"cards\", did you mean \"card\"? known: card, "},
      {{"card", "ls"},
       "there is no \"ls\" in card, did you mean \"list\"? known: import, export, "},
      {{"card", "delete", "898604293620C0000970"},
       "no \"delete\" in card, did you mean \"remove\"?"},
      {{"device", "lst", "--limit", "3"},
       "no \"lst\" in device, did you mean \"list\"? known: list"},
      {{"ls"}, "there is no \"ls\", did you mean \"card list\" or \"device list\" or "},
      {{"delete"}, "did you mean \"card remove\" or "},
      {{"frobnicate"}, "there is no \"frobnicate\"; known: card, device, "},
      {{"card", "list", "--statsu", "active"},
       "card list: there is no option --statsu, did you mean --status?"},
      {{"card", "list", "--colour"},
       "there is no option --colour; see iotcardctl card list --help"},
      {{"card", "list", "extra"}, "card list: one word too many, \"extra\""},
      {{"card", "show"}, "card show: ICCID is missing; see iotcardctl card show --help"},
      {{"card", "list", "--status"}, "--status: expected one value"},
      {{"mismatch", "list", "--all", "--state", "open"}, "give one of them, not both"},
  }));
  CAPTURE(arguments);
  const CtlResult result = ctl(dir, arguments);
  INFO(result.err);
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  const bool json = contains(arguments, "--json");
  CHECK(result.err.starts_with(json ? "{" : "iotcardctl: "));
  CHECK(is_one_line(result.err));
  CHECK(has(result.err, part));
}

TEST_CASE("help and version come under their usual names, and a bare command prints help") {
  const TempDir dir;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{}, {"help"}, {"--help"}, {"-h"}}) {
    CAPTURE(arguments);
    const CtlResult result = ctl(dir, arguments);
    CHECK(result.status == 0);
    CHECK(result.err.empty());
    CHECK(has(result.out, "Usage: iotcardctl [OPTIONS] SUBCOMMAND"));
    CHECK(has(result.out, "doctor"));
  }
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"card"}, {"help", "card"}, {"card", "--help"}}) {
    CAPTURE(arguments);
    const CtlResult result = ctl(dir, arguments);
    CHECK(result.status == 0);
    CHECK(has(result.out, "Usage: iotcardctl card [OPTIONS] SUBCOMMAND"));
  }
  CHECK(has(ctl(dir, {"help", "card", "list"}).out, "Usage: iotcardctl card list [OPTIONS]"));
  const std::string version = ctl(dir, {"--version"}).out;
  CHECK(version.starts_with("iotcardctl "));
  CHECK(ctl(dir, {"version"}).out == version);
  CHECK(ctl(dir, {"-V"}).out == version);
}

TEST_CASE("a wrong value is wrong usage, says what was expected, and changes nothing") {
  Desk desk;
  desk.run({"card", "add", one});
  const auto [arguments, part] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"card", "list", "--limit", "abc"}, "--limit: expected a whole number from 0 to 2147483647"},
      {{"card", "list", "--limit=-1"}, "--limit: expected a whole number from 0"},
      {{"card", "list", "--status", "activ"}, "--status: \"activ\" is not one of unknown, "},
      {{"card", "list", "--status", "activ"}, "; did you mean \"active\"?"},
      {{"card", "list", "--platform", "x"}, "--platform: \"x\" does not fit"},
      {{"card", "list", "--sort", "colour"}, "--sort: \"colour\""},
      {{"card", "list", "-o", "xml"}, "--output: \"xml\" is not one of table, wide, csv, json"},
      {{"card", "list", "-o", "csv", "--json"}, "--json and -o csv: give one of them"},
      {{"card", "list", "--columns", "iccid,colour"}, "--columns: there is no column \"colour\""},
      {{"card", "list", "--columns", "statsu"}, "did you mean \"status\"?"},
      {{"card", "show", "898604293620C0000970", "-o", "csv"}, "-o csv is for lists"},
      {{"card", "show", "12345"}, "\"12345\" is no ICCID"},
      {{"card", "add", "89860617060065258667", "expires_at=soon"}, "expires_at: expected a time"},
      {{"card", "set", "898604293620C0000970", "colour=red"}, "a card has no field \"colour\""},
      {{"card", "set", "898604293620C0000970", "expires_at=soon"}, "expires_at: expected a time"},
      {{"card", "remove", "--from", "/dev/null", "--yes", "many"}, "--yes: \"many\""},
      {{"unbind", "12345"}, "\"12345\" is no ICCID"},
      {{"bind", "D1", "898604293620C0000970"}, "names no device"},
      {{"mismatch", "accept", "first"}, "\"first\" is no id: expected a whole number"},
      {{"quarantine", "remove", "x"}, "ID: expected a whole number"},
      {{"rejected", "remove"}, "rejected remove: name reports by their ID"},
      {{"rejected", "remove", "--before", "soon"},
       "--before: expected an age such as 1h, 7d or 1w"},
      {{"replay", "--last", "--since", "lately"}, "--since: expected an age such as 1h, 7d or 1w"},
      {{"replay"}, "one of --rejected, --quarantined, --last and --journal"},
      {{"replay", "--last", "--rejected"}, "one of --rejected, --quarantined, --last"},
      {{"simulate", "--seed", "x"}, "--seed: expected a whole number"},
      {{"simulate", "--rate", "1x"}, "--rate: expected a number from 0"},
      {{"simulate", "--faults", "bom,moon"}, "--faults: \"moon\" is not one of all, "},
      {{"tail", "--kind", "mismatch,moon"}, "--kind: \"moon\" is not one of report, mismatch, "},
  }));
  CAPTURE(arguments);
  const CtlResult result = desk.run(arguments);
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  const bool as_json = contains(arguments, std::string{"--json"});
  CHECK(result.err.starts_with(as_json ? "{" : "iotcardctl: "));
  CHECK(is_one_line(result.err));
  CHECK(has(result.err, part));

  // The same as one JSON object.
  const bool of_lists =
      contains(arguments, std::string{"-o"}) || contains(arguments, std::string{"--columns"});
  if (of_lists) return;
  std::vector<std::string> with_json = arguments;
  with_json.emplace_back("--json");
  const CtlResult json = desk.run(with_json);
  rapidjson::Document error;
  error.Parse(json.err.c_str());
  REQUIRE(error.IsObject());
  CHECK(json.status == 2);
  CHECK(error["status"].GetInt() == 2);
  CHECK(has(error["error"].GetString(), part));

  // Where there is no store yet it is as wrong, and none is made.
  Desk bare;
  CHECK(bare.run(arguments).status == 2);
  CHECK_FALSE(std::filesystem::exists(bare.dir.file("cards.db")));
}

TEST_CASE("with --json an error is JSON too, whatever fails") {
  const TempDir dir;
  const auto [arguments, status] = GENERATE(table<std::vector<std::string>, int>({
      {{"cards", "--json"}, 2},
      {{"--json", "card", "list", "--bogus"}, 2},
      {{"card", "list", "-o", "json", "--limit", "x"}, 2},
      {{"card", "list", "--json", "--store", "sqlite:/nowhere/cards.db"}, 1},
      {{"card", "list", "--json", "--config", "/nowhere/iotcardd.toml"}, 3},
  }));
  CAPTURE(arguments);
  const CtlResult result = ctl(dir, arguments);
  INFO(result.err);
  CHECK(result.status == status);
  CHECK(is_one_line(result.err));
  rapidjson::Document error;
  error.Parse(result.err.c_str());
  REQUIRE(error.IsObject());
  CHECK(error["status"].GetInt() == status);
  CHECK(error["error"].GetStringLength() > 10);
}

TEST_CASE("a missing folder is called that") {
  const TempDir dir;
  const std::string store = "sqlite:" + dir.file("none/cards.db");
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"card", "list"}, {"card", "add", one}, {"status"}, {"card", "import", "/dev/null"}}) {
    CAPTURE(arguments);
    std::vector<std::string> with = arguments;
    with.insert(with.end(), {"--store", store});
    const CtlResult result = ctl(dir, with);
    INFO(result.err);
    CHECK(result.status == 1);
    CHECK(has(result.err, "folder " + dir.file("none")));
  }
  Desk desk;
  desk.run({"card", "add", one});
  const auto exported = desk.run({"card", "export", desk.dir.file("none/cards.csv")});
  CHECK(exported.status == 1);
  CHECK(has(exported.err, "there is no folder " + desk.dir.file("none")));
}

TEST_CASE("quiet mode leaves out confirmations and hints, and prints what was asked for") {
  Desk desk;
  CHECK(desk.run({"card", "add", one, "--quiet"}).out.empty());
  CHECK(desk.run({"card", "add", two, "-q"}).out.empty());
  CHECK(desk.run({"bind", "1/D1", one, "-q"}).out.empty());
  CHECK(desk.run({"card", "set", one, "plan=A", "-q"}).out.empty());
  CHECK(desk.run({"unbind", one, "-q"}).out.empty());
  CHECK(desk.run({"card", "export", desk.dir.file("x.csv"), "-q"}).out.empty());
  CHECK(desk.run({"card", "import", desk.dir.file("x.csv"), "--update", "-q"}).out.empty());
  CHECK(has(desk.run({"card", "list", "-q"}).out, one));
  CHECK(desk.run({"card", "list", "-q", "--limit", "1"}).err.empty());
  CHECK(has(desk.run({"card", "show", one, "-q"}).out, "plan"));
  CHECK(has(desk.run({"card", "remove", one, "-q", "--json"}).out, "\"removed\":true"));
  const auto failed = desk.run({"card", "show", one, "-q"});
  CHECK(failed.status == 1);
  CHECK(has(failed.err, "there is no card"));
}

TEST_CASE("card set says that nothing changed") {
  Desk desk;
  desk.run({"card", "add", one, "plan=A"});
  CHECK(desk.run({"card", "set", one, "plan=A"}).out ==
        "card " + one + " unchanged: it has these values already\n");
  CHECK(desk.run({"card", "set", one, "plan=B"}).out == "card " + one + " changed\n");
}

TEST_CASE("card remove --force names the binding that it ends") {
  Desk desk;
  for (const std::string& iccid : {one, two}) {
    desk.run({"card", "add", iccid});
    desk.run({"bind", "1/" + iccid, iccid});
  }
  CHECK(desk.run({"card", "remove", "--force", one}).out ==
        "released: card " + one + " from device 1/" + one + "\ncard " + one + " removed\n");
  const auto removed = desk.json({"card", "remove", "--force", two});
  REQUIRE(removed["released"].Size() == 1);
  CHECK(std::string{removed["released"][0]["device"].GetString()} == two);
  CHECK(removed["released"][0]["until"].IsString());
}

TEST_CASE("rejected reports are removed by number, by reason and by age") {
  Desk desk;
  {
    const auto store = open_store(desk.store);
    for (const RejectionReason reason : {RejectionReason::empty, RejectionReason::truncated,
                                         RejectionReason::empty, RejectionReason::empty}) {
      add_rejected(*store,
                   {.topic = "/1/D1/info/post",
                    .payload = "",
                    .size = 0,
                    .arrival = reason == RejectionReason::empty ? *parse_time("2026-01-24")
                                                                : SystemClock{}.now()},
                   {reason, 0});
    }
  }
  const auto missing = desk.run({"rejected", "remove", "1", "99"});
  CHECK(missing.status == 1);
  CHECK(has(missing.err, "there is no rejected report 99; nothing is removed"));
  CHECK(desk.json({"rejected", "list"}).Size() == 4);
  CHECK(desk.run({"rejected", "remove", "1", "1"}).out == "1 rejected report removed\n");

  CHECK(desk.run({"rejected", "remove", "--before", "1w", "--dry-run"}).out ==
        "dry run, nothing is done: 2 rejected reports would be removed\n");
  const auto unsure = desk.run({"rejected", "remove", "--before", "1w"});
  CHECK(unsure.status == 1);
  CHECK(has(unsure.err, "say --yes 2"));
  const auto other = desk.run({"rejected", "remove", "--reason", "empty", "--yes", "3"});
  CHECK(other.status == 1);
  CHECK(has(other.err, "2 rejected reports match, not 3; nothing was done"));
  CHECK(desk.json({"rejected", "list"}).Size() == 3);
  const auto removed = desk.json({"rejected", "remove", "--before", "1w", "--yes", "2"});
  CHECK(removed["removed"].GetInt() == 2);
  CHECK(desk.json({"rejected", "list"}).Size() == 1);
  CHECK(desk.run({"rejected", "remove", "--before", "1w", "--yes", "0"}).status == 0);
}

TEST_CASE("replay --journal does nothing unasked, and nothing where nothing is kept") {
  const TempDir dir;
  Daemon daemon{dir, "mqtt://127.0.0.1:1", {.start = false}};
  std::filesystem::create_directory(daemon.intake_dir());
  open_store(daemon.store_url())->set_journal_position("iotcardd", {1, 0});
  const CtlResult nothing = ctl(dir, daemon, {"replay", "--journal"});
  CHECK(nothing.status == 0);
  CHECK(has(nothing.err, "intake.keep is 0"));
  CHECK(has(nothing.out, "no reports to replay"));

  const TempDir other;
  Daemon keeping{
      other, "mqtt://127.0.0.1:1", {.toml = {{"intake", "keep = \"1d\""}}, .start = false}};
  std::filesystem::create_directory(keeping.intake_dir());
  open_store(keeping.store_url())->set_journal_position("iotcardd", {1, 0});
  const CtlResult unasked = ctl(other, keeping, {"replay", "--journal"});
  CHECK(unasked.status == 1);
  CHECK(has(unasked.err, "Nothing was done; --dry-run shows what would change, --yes does it"));
  CHECK(ctl(other, keeping, {"replay", "--journal", "--yes"}).status == 0);
  CHECK(ctl(other, keeping, {"replay", "--journal", "--dry-run"}).status == 0);
}

TEST_CASE("what simulate would publish is JSON with --json") {
  const TempDir dir;
  const CtlResult result = ctl(dir, {"simulate", "--devices", "20", "--faults", "all",
                                     "--fault-percent", "100", "--dry-run", "--json"});
  CHECK(result.status == 0);
  rapidjson::Document reports;
  reports.Parse(result.out.c_str());
  REQUIRE(reports.IsArray());
  REQUIRE(reports.Size() == 20);
  for (const auto& report : reports.GetArray()) {
    CHECK(report["topic"].IsString());
    CHECK((report.HasMember("payload") || report.HasMember("payload_base64")));
  }
}
