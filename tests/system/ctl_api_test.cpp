// SPDX-License-Identifier: Apache-2.0
// iotcardctl through the API of a daemon: each verb says there what it says on the store, to the
// letter, or says that it needs the store. The table of verbs is complete: a new verb needs a
// decision.
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <regex>
#include <set>

#include "support/json_schema.h"
#include "system/remote_world.h"

using namespace iotcard;
using Catch::Contains;

namespace {

const std::string one = RemoteWorld::one;
const std::string two = RemoteWorld::two;
const std::string new_card = "89860325740000000033";

// Why a verb cannot be done through the API, or that it can. The groups of the table of main.cpp.
const std::string covered;
const std::map<std::string, std::string> verbs{
    {"card import", covered},
    {"card export", covered},
    {"card list", covered},
    {"card show", covered},
    {"card lookup", covered},
    {"search", covered},
    {"card add", covered},
    {"card set", covered},
    {"card remove", covered},
    {"card refresh", covered},
    {"card suspend", covered},
    {"card resume", covered},
    {"device list", covered},
    {"device show", covered},
    {"device ask", covered},
    {"device remove", covered},
    {"bind", covered},
    {"unbind", covered},
    {"mismatch list", covered},
    {"mismatch show", covered},
    {"mismatch accept", covered},
    {"mismatch dismiss", covered},
    {"mismatch reopen", covered},
    {"rejected list", covered},
    {"rejected show", covered},
    {"rejected remove", covered},
    {"quarantine list", covered},
    {"quarantine remove", "the store"},
    {"platform list", covered},
    {"platform test", "the configuration"},
    {"platform accept-not-found", covered},
    {"token add", "the configuration"},
    {"token list", "the configuration"},
    {"token remove", "the configuration"},
    {"replay", "the store"},
    {"explain", covered},
    {"tail", "the configuration"},
    {"events", covered},
    {"simulate", "the configuration"},
    {"status", covered},
    {"doctor", covered},
    {"settings", covered},
};

// What only reads.
const std::vector<Words> readings{
    {"card", "list"},
    {"card", "list", "--limit", "1"},
    {"card", "list", "--sort", "used_share:desc"},
    {"card", "list", "--status", "suspended"},
    {"card", "list", "--abnormal"},
    {"card", "list", "--reason", "suspended"},
    {"card", "list", "--expiring-within", "3650d"},
    {"card", "list", "--over", "80"},
    {"card", "list", "--text", "30 M"},
    {"card", "list", "--text", "x"},
    {"card", "list", "--bound", "--platform", "1"},
    {"card", "show", one},
    {"card", "show", two},
    {"card", "show", new_card},
    {"card", "lookup", one, "8986", new_card},
    {"search", "8986 0429"},
    {"search", "1/D"},
    {"search", "x"},
    {"settings"},
    {"card", "export"},
    {"card", "export", "--bound"},
    {"device", "list"},
    {"device", "list", "--product", "1", "--unbound"},
    {"device", "list", "--outcome", "card_in_use", "--since", "1d"},
    {"device", "list", "--not-seen", "1h"},
    {"device", "list", "--sort", "seen_day:desc", "-o", "wide"},
    {"device", "show", "1/D1"},
    {"device", "show", "1/D2"},
    {"device", "show", "1/D3"},
    {"device", "show", "1/no such"},
    {"mismatch", "list"},
    {"mismatch", "list", "--all"},
    {"mismatch", "list", "--state", "dismissed"},
    {"mismatch", "list", "--kind", "card_in_use", "--device", "1/D2"},
    {"mismatch", "list", "--counts"},
    {"mismatch", "show", "1"},
    {"mismatch", "show", "4711"},
    {"rejected", "list"},
    {"rejected", "show", "1"},
    {"rejected", "show", "2"},
    {"rejected", "show", "77"},
    {"quarantine", "list"},
    {"events"},
    {"events", "--json", "--limit", "2"},
    {"events", "--kind", "mismatch", "--since", "1d", "--device", "1/D2"},
    {"platform", "list"}};

// Each step on the store, what undoes it, and the same step through the API.
struct Step {
  Words verb;
  std::vector<Words> undo{};
  std::string input{};
};
const std::string list = one + "\n" + two + "\n89\n" + new_card + "\n";
const std::vector<Step> steps{
    {{"card", "add", new_card, "note=x", "expires_at=2026-12-01", "--zone", "+08:00"},
     {{"card", "remove", new_card}}},
    {{"card", "add", one}},
    {{"card", "add", new_card, "colour=red"}},
    {{"card", "set", two, "plan=60 MB", "note="}, {{"card", "set", two, "plan=", "note=y"}}},
    {{"card", "set", two, "used_bytes=x"}},
    {{"card", "set", new_card, "note=x"}},
    {{"bind", "1/D9", two}, {{"unbind", "1/D9"}}},
    {{"bind", "1/D9", one}},
    {{"bind", "1/D2", one, "--force"}, {{"bind", "1/D1", one, "--force"}}},
    {{"unbind", "1/D1"}, {{"bind", "1/D1", one}}},
    {{"unbind", one}, {{"bind", "1/D1", one}}},
    {{"unbind", "1/nobody"}},
    {{"card", "remove", one}},
    {{"mismatch", "accept", "4711"}},
    {{"mismatch", "dismiss", "4711"}},
    {{"mismatch", "reopen", "4711"}},
    {{"mismatch", "accept", "--kind", "card_in_use", "--dry-run"}},
    {{"platform", "accept-not-found", "1"}},
    {{"card", "import", "-", "--dry-run"}, {}, "iccid,note\n" + new_card + ",n\n89,\n"},
    {{"card", "import", "-"},
     {{"card", "remove", new_card}},
     "iccid,note\n" + new_card + ",n\n89,\n"},
    {{"card", "import", "-", "--update", "--dry-run"}, {}, "iccid;note\n" + two + ";new\n"},
    {{"card", "import", "-"}, {}, "no header\n"},
    {{"card", "set", "--from", "-", "plan=many", "--dry-run"}, {}, list},
    {{"card", "set", "--from", "-", "plan=many", "--yes", "2"}, {}, list},
    {{"card", "set", "--from", "-", "plan=many", "--yes", "3"}, {}, list},
    {{"card", "set", "--status", "active", "plan=many", "--yes", "1"}},
    {{"card", "remove", "--status", "active", "--dry-run"}},
    {{"card", "remove", one, two, new_card, "--dry-run"}},
    {{"card", "remove", new_card, "89860325740000000033"}},
    {{"device", "remove", "1/D1"}},
    {{"device", "remove", "1/D1", "--force", "--dry-run"}},
    {{"device", "remove", "1/D2", "1/nobody", "--dry-run"}},
    {{"device", "remove", "-", "--dry-run"}, {}, "# broken\n1/D3\n"},
    {{"rejected", "remove", "1", "2", "--dry-run"}},
    {{"rejected", "remove", "77"}},
    {{"rejected", "remove", "--reason", "truncated", "--dry-run"}},
    {{"rejected", "remove", "--before", "2026-01-01", "--yes", "4"}},
    {{"explain", "-"}, {}, documented_payload},
    {{"explain", "-", "--device", "1/D2"}, {}, documented_payload},
    {{"explain", "-", "--topic", "/1/D2/info/post"}, {}, "{\"iccid\":\"898604293620C000097\"}"},
    {{"explain", "-"}, {}, "{\"iccid\":8.98604293620e+19,\"imei\":\"x\"}"},
    {{"explain", "-"}, {}, "{\"iccid\":"},
    {{"card", "suspend", new_card, "--yes"}},
    {{"card", "resume", two, "--yes"}},
    {{"card", "refresh", two}}};

// The names that a help text lists under "Subcommands:".
std::vector<std::string> listed_in(const std::string& help) {
  std::vector<std::string> names;
  const std::size_t begin = help.find("Subcommands:");
  REQUIRE(begin != std::string::npos);
  static const std::regex line{"\n  ([a-z][a-z-]*) "};
  for (std::sregex_iterator at{help.begin() + static_cast<std::ptrdiff_t>(begin), help.end(), line},
       end;
       at != end; ++at) {
    names.push_back((*at)[1]);
  }
  return names;
}

// Times, and who did it, differ from one run to the next.
std::string without_time_and_name(std::string text) {
  for (const auto& [pattern, name] : std::map<std::string, std::string>{
           {R"re(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{3}Z)?)re", "TIME"},
           {R"re("(created_by|ended_by|by|dismissed_by|requested_by)":"[^"]*")re", "$1"},
           {R"re(by [a-z:]+)re", "by WHO"},
           {R"re("(id|mismatch)":\d+)re", "$1"}}) {
    text = std::regex_replace(text, std::regex{pattern}, name);
  }
  return text;
}

}  // namespace

TEST_CASE("each verb has a decision whether the API covers it") {
  const TempDir dir;
  std::set<std::string> known;
  for (const std::string& name : listed_in(ctl(dir, {"--help"}).out)) {
    const std::string help = ctl(dir, {name, "--help"}).out;
    if (help.find("Subcommands:") == std::string::npos) {
      known.insert(name);
      continue;
    }
    for (const std::string& verb : listed_in(help)) known.insert(name + " " + verb);
  }
  std::set<std::string> decided;
  for (const auto& [verb, reason] : verbs) decided.insert(verb);
  CHECK(known == decided);
}

TEST_CASE("each verb that the API covers is compared with the store") {
  std::set<std::string> compared{"device ask", "doctor", "mismatch accept", "mismatch dismiss",
                                 "status"};  // below
  const auto note = [&](const Words& verb) {
    compared.insert(verbs.contains(verb[0]) ? verb[0] : verb[0] + " " + verb.at(1));
  };
  for (const Words& verb : readings) note(verb);
  for (const Step& step : steps) note(step.verb);
  for (const auto& [verb, reason] : verbs) {
    CAPTURE(verb);
    CHECK(compared.contains(verb) == (reason == covered));
  }
}

TEST_CASE("verbs that read say through the API what they say on the store") {
  RemoteWorld world;
  world.fill();
  world.write_token(reader);
  for (const Words& verb : readings) {
    world.same(verb);
  }
}

TEST_CASE("a list of more than a page is whole through the API") {
  RemoteWorld world;
  std::string csv = "iccid\n";
  for (int i = 0; i < 1203; ++i) csv += fmt::format("8986041777777{:05}1\n", i);
  REQUIRE(world.local({"card", "import", "-"}, csv).status == 0);
  world.same({"card", "list", "--limit", "0"});
  world.same({"card", "list", "--limit", "1100"});
  world.same({"card", "export"});
  CHECK(std::ranges::count(world.remote({"card", "export"}).out, '\n') == 1204);
}

TEST_CASE("verbs that change something do and say through the API what they do on the store") {
  RemoteWorld world;
  world.fill();
  for (const Step& step : steps) {
    for (const bool json : {false, true}) {
      Words words = step.verb;
      if (json) words.push_back("--json");
      CAPTURE(words);
      const CtlResult here = world.local(words, step.input);
      for (const Words& undo : step.undo) REQUIRE(world.local(undo).status == 0);
      const CtlResult there = world.remote(words, step.input);
      for (const Words& undo : step.undo) REQUIRE(world.local(undo).status == 0);
      CHECK(without_time_and_name(there.out) == without_time_and_name(here.out));
      CHECK(without_time_and_name(there.err) == without_time_and_name(here.err));
      CHECK(there.status == here.status);
    }
  }
  CHECK_THAT(world.local({"card", "show", two}).out, Contains("by api:w"));
}

TEST_CASE("mismatches are accepted and dismissed through the API as on the store") {
  RemoteWorld world;
  world.fill();
  const auto id_of = [&](const std::string& device) {
    const auto list =
        parse_json(world.local({"mismatch", "list", "--device", device, "--json"}).out);
    return list.Empty() ? "" : std::to_string(list[0]["id"].GetInt64());
  };
  for (const char* device : {"1/D2", "1/D3"})
    REQUIRE(eventually([&] { return id_of(device) != ""; }));
  const CtlResult accepted = world.remote({"mismatch", "accept", id_of("1/D2")});
  CHECK(accepted.out == fmt::format("released: card {0} from device 1/D1\nmismatch {1} accepted: "
                                    "card {0} is now bound to device 1/D2\n",
                                    one, "1"));
  CHECK_THAT(world.local({"device", "show", "1/D2"}).out, Contains(one));
  const std::string dismissed = id_of("1/D3");
  CHECK(world.remote({"mismatch", "dismiss", dismissed}).status == 0);
  CHECK_THAT(world.local({"mismatch", "list", "--state", "dismissed"}).out,
             Contains("by api:w") && Contains("1/D3"));
  world.same({"mismatch", "list", "--all"});
}

TEST_CASE("a device is asked through the API, which names the same topic") {
  RemoteWorld world;
  world.fill();
  world.same({"device", "ask", "1/D1"});
}

TEST_CASE("a verb that the API does not cover says where to run it") {
  const RemoteWorld world;
  const std::map<std::string, Words> arguments{{"quarantine remove", {"--all"}},
                                               {"platform test", {"1"}},
                                               {"platform accept-not-found", {"1"}},
                                               {"token add", {"x", "--read"}},
                                               {"token remove", {"x"}},
                                               {"replay", {"--rejected"}}};
  for (const auto& [verb, needs] : verbs) {
    if (needs == covered) continue;
    CAPTURE(verb);
    Words words;
    for (std::size_t begin = 0; begin <= verb.size();) {
      const std::size_t end = std::min(verb.find(' ', begin), verb.size());
      words.push_back(verb.substr(begin, end - begin));
      begin = end + 1;
    }
    if (arguments.contains(verb)) {
      words.insert(words.end(), arguments.at(verb).begin(), arguments.at(verb).end());
    }
    const CtlResult refused = world.remote(words);
    CHECK(refused.status == 2);
    CHECK(refused.out.empty());
    CHECK_THAT(refused.err,
               Contains("this needs " + needs) && Contains("run it on the host of the daemon"));
  }
}

TEST_CASE("what the API refuses, and what is no API, is an error that says what to do") {
  RemoteWorld world;
  const auto error = [&](const Words& verb, int status) {
    const CtlResult result = world.remote(verb);
    CHECK(result.status == status);
    CHECK(result.out.empty());
    return result.err;
  };
  world.write_token(reader);
  CHECK_THAT(error({"card", "add", new_card}, 1),
             Contains("may read, and not change anything") && Contains("token add NAME --write"));
  world.write_token("nobody-knows-this-token");
  CHECK_THAT(error({"card", "list"}, 1),
             Contains("not a token that is known here") && Contains("IOTCARDCTL_TOKEN_FILE"));
  world.write_token("two words");
  CHECK_THAT(error({"card", "list"}, 2), Contains("one line with one token is expected"));
  world.write_token(reader);
  chmod(world.token_file.c_str(), 0644);
  const CtlResult readable = world.remote({"card", "list"});
  CHECK(readable.status == 0);
  CHECK_THAT(readable.err,
             Contains("warning: others may read the token") && Contains("chmod 0600"));

  const auto at = [&](const std::string& url, const Words& more = {}) {
    Words words{"card", "list", "--api", url};
    words.insert(words.end(), more.begin(), more.end());
    return ctl(world.dir, words);
  };
  CHECK(at("http://192.0.2.1:8480").status == 2);
  CHECK_THAT(at("http://192.0.2.1:8480").err, Contains("--insecure-http"));
  CHECK(at("ftp://a").status == 2);
  CHECK(at("https://user@host").status == 2);
  CHECK(at("localhost:8480").status == 2);
  const CtlResult nobody = at("http://127.0.0.1:1");
  CHECK(nobody.status == 1);
  CHECK_THAT(nobody.err, Contains("the API at http://127.0.0.1:1") && Contains("refused"));
  CHECK_THAT(at(world.daemon->api_url()).err,
             Contains("expected a token") && Contains("token-file"));
  world.daemon->terminate();
  CHECK(world.remote({"card", "list"}).status == 1);
}
