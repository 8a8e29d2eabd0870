// SPDX-License-Identifier: Apache-2.0
// The lists in which an operator finds the cards and mismatches to look at, worst first. No daemon,
// no broker.
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "store/store.h"
#include "store/stored_decision.h"
#include "support/store_writes.h"
#include "system/desk.h"

using namespace iotcard;

namespace {

const std::string one = "898604293620C0000970";
const std::string two = "89860617060065258667";
const std::string three = "898602F31318C0378248";

std::vector<std::string> iccids(const rapidjson::Document& cards) {
  std::vector<std::string> found;
  for (const auto& card : cards.GetArray()) found.emplace_back(card["iccid"].GetString());
  return found;
}

// In so many days.
std::string day(int days) {
  const Instant now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  return to_rfc3339(now + std::chrono::days{days});
}

// The device reports the card, as the daemon would take it.
void report(const Desk& desk, const std::string& number, const std::string& iccid) {
  const auto store = open_store(desk.store);
  const DeviceKey device{"1", number};
  const std::string payload = R"({"iccid":")" + iccid + R"("})";
  auto reading = std::get<DeviceReport>(read_report(payload, {}));
  const Instant now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  Transaction transaction{*store};
  const Decision decision = decide(device, reading, load_inputs(*store, device, reading), {}, now);
  apply_decision(
      *store, "iotcardd", {}, device,
      {"/1/" + number + "/info/post", payload, now, std::move(reading), decision.outcome},
      decision);
  transaction.commit();
}

// What the verb prints on a terminal of this width, without colours.
std::string on_terminal(const Desk& desk, std::vector<std::string> arguments, int columns) {
  winsize size{};
  size.ws_row = 24;
  size.ws_col = static_cast<unsigned short>(columns);
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  REQUIRE(child >= 0);
  if (child == 0) {
    arguments.insert(arguments.begin(), IOTCARDCTL);
    arguments.insert(arguments.end(), {"--store", desk.store});
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    setenv("NO_COLOR", "1", 1);
    execv(IOTCARDCTL, pointers.data());
    _exit(127);
  }
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 1; count > 0;) {
    count = read(terminal, buffer.data(), buffer.size());  // fails once the child has ended
    if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(terminal);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  std::erase(text, '\r');
  return text;
}

// Of a terminal; the text has no wide characters.
std::ptrdiff_t columns_of(const std::string& line) {
  return std::count_if(line.begin(), line.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

}  // namespace

TEST_CASE(
    "cards that use much of their limit are listed, the highest share first, with readable sizes") {
  Desk desk;
  desk.run({"card", "add", one, "used_bytes=50MB", "limit_bytes=100MB"});
  desk.run({"card", "add", two, "remaining_bytes=5MB", "limit_bytes=100MB"});
  desk.run({"card", "add", three, "used_bytes=2GB"});
  CHECK(iccids(desk.json({"card", "list", "--over", "50"})) == std::vector{two, one});
  CHECK(iccids(desk.json({"card", "list", "--over", "90"})) == std::vector{two});
  const std::string table = desk.run({"card", "list", "--over", "50"}).out;
  CHECK(has(table, "USED      LIMIT     SHARE   ABNORMAL"));
  CHECK(has(table, "90.6 MiB  95.4 MiB  95.0 %  near_limit"));
  CHECK(iccids(desk.json({"card", "list", "--sort", "used_bytes:desc"})) ==
        std::vector{three, one, two});
  for (const char* column : {"used_share:desc", "usage:desc", "used_bytes"}) {
    CAPTURE(column);
    CHECK(has(desk.run({"card", "list", "--sort", column}).out, "USED      LIMIT"));
  }
  CHECK(iccids(desk.json({"card", "list", "--sort", "usage:desc"})).front() == two);
  CHECK(iccids(desk.json({"card", "list", "--over", "90%"})) == std::vector{two});
  for (const char* wrong : {"-1", "0", "abc", "1001", "90.5", "%"}) {
    CAPTURE(wrong);
    const auto refused = desk.run({"card", "list", "--over", wrong});
    CHECK(refused.status == 2);
    CHECK(has(refused.err, "expected a whole number of percent from 1 to 1000"));
  }
  for (const char* wrong : {"0", "-3", "abc", "99999999999999999999"}) {
    CAPTURE(wrong);
    const auto refused = desk.run({"card", "list", "--platform", wrong});
    CHECK(refused.status == 2);
    CHECK(has(refused.err, "expected a platform's number, above 0"));
    CHECK(refused.err.size() < 120);
  }
  CHECK(has(desk.run({"card", "show", one}).out, "50000000 (47.7 MiB)"));
}

TEST_CASE("cards that expire soon are listed, the soonest first, and not those that have expired") {
  Desk desk;
  desk.run({"card", "add", one, "expires_at=" + day(20)});
  desk.run({"card", "add", two, "expires_at=" + day(5)});
  desk.run({"card", "add", three, "expires_at=" + day(-5)});
  CHECK(iccids(desk.json({"card", "list", "--expiring-within", "30d"})) == std::vector{two, one});
  CHECK(iccids(desk.json({"card", "list", "--expiring-within", "240h"})) == std::vector{two});
  CHECK(iccids(desk.json({"card", "list", "--expiring-within", "30d", "--sort", "iccid:desc"})) ==
        std::vector{two, one});
  CHECK(iccids(desk.json({"card", "list", "--abnormal"})) == std::vector{three, two});
  CHECK(iccids(desk.json({"card", "list", "--reason", "expired"})) == std::vector{three});
  CHECK(has(desk.run({"card", "list", "--abnormal"}).out, "expiring_soon"));
  for (const char* wrong : {"soon", "30", "-1d", "9999999999d"}) {
    CAPTURE(wrong);
    CHECK(has(desk.run({"card", "list", "--expiring-within", wrong}).err, "such as 12h or 30d"));
  }
}

TEST_CASE("cards are found by operator and by any text of three characters") {
  Desk desk;
  desk.run({"card", "add", one, "operator=China Mobile", "note=on the roof"});
  desk.run({"card", "add", two, "operator=China Unicom", "msisdn=8613912345678"});
  CHECK(iccids(desk.json({"card", "list", "--operator", "China Mobile"})) == std::vector{one});
  CHECK(iccids(desk.json({"card", "list", "--text", "ROOF"})) == std::vector{one});
  CHECK(iccids(desk.json({"card", "list", "--text", "391234"})) == std::vector{two});
  CHECK(iccids(desk.json({"card", "list", "--text", "China"})).size() == 2);
  const auto little = desk.run({"card", "list", "--text", "中国"});
  CHECK(little.status == 2);
  CHECK(has(little.err, "3 characters or more"));
  CHECK(desk.run({"card", "list", "--reason", "sleepy"}).status == 2);
  const auto unknown = desk.run({"card", "list", "--sort", "colour"});
  CHECK(unknown.status == 2);
  CHECK(has(unknown.err, "used_share"));
}

TEST_CASE("a card shows its usage, and who bound and unbound it") {
  Desk desk;
  desk.run({"card", "add", one, "used_bytes=1500000"});
  desk.run({"bind", "1/D1", one});
  desk.run({"unbind", one});
  desk.run({"bind", "1/D2", one});
  const std::string shown = desk.run({"card", "show", one}).out;
  CHECK(has(shown, "used by " + day(0).substr(0, 10)));
  CHECK(has(shown, "1.43 MiB"));
  const auto card = desk.json({"card", "show", one});
  const std::string who = card["bindings"][1]["ended_by"].GetString();
  CHECK(has(shown, ", ended by " + who));
  CHECK(has(shown, " by " + who + "\n"));
  CHECK(card["usage"][0]["used_bytes"].GetInt() == 1500000);
}

TEST_CASE(
    "mismatches are listed by state, with who settled them, and an acceptance says what ended") {
  Desk desk;
  desk.run({"card", "add", one});
  desk.run({"card", "add", two});
  report(desk, "D1", one);
  report(desk, "D1", two);
  report(desk, "D2", one);
  const auto open = desk.json({"mismatch", "list", "--state", "open"});
  REQUIRE(open.Size() == 2);
  const std::string first = std::to_string(open[0]["id"].GetInt());
  const std::string second = std::to_string(open[1]["id"].GetInt());
  CHECK(desk.run({"mismatch", "dismiss", second}).status == 0);
  const auto dismissed = desk.json({"mismatch", "list", "--state", "dismissed"});
  REQUIRE(dismissed.Size() == 1);
  const std::string who = dismissed[0]["dismissed_by"].GetString();
  CHECK(has(desk.run({"mismatch", "list", "--state", "dismissed"}).out, " by " + who));

  const auto accepted = desk.run({"mismatch", "accept", first});
  CHECK(has(accepted.out, "released: card " + one + " from device 1/D1\n"));
  CHECK(has(accepted.out, "card " + two + " is now bound to device 1/D1\n"));
  CHECK(desk.json({"mismatch", "list", "--state", "accepted"}).Size() == 1);
  const auto again = desk.json({"mismatch", "list", "--all"});
  CHECK(std::string{again[0]["ended_by"].GetString()} == who);
  CHECK(desk.run({"mismatch", "list", "--all", "--state", "open"}).status == 2);

  report(desk, "D3", two);
  const std::string third =
      std::to_string(desk.json({"mismatch", "list", "--device", "1/D3"})[0]["id"].GetInt());
  const auto json = desk.json({"mismatch", "accept", third});
  CHECK(json["mismatch"].GetInt() == std::stoi(third));
  CHECK_FALSE(json["card_added"].GetBool());
  CHECK(std::string{json["binding"]["device"].GetString()} == "D3");
  REQUIRE(json["released"].Size() == 1);
  CHECK(std::string{json["released"][0]["device"].GetString()} == "D1");
  CHECK(std::string{json["released"][0]["ended_by"].GetString()} == who);
}

TEST_CASE("a table fits its terminal, and is whole without one") {
  Desk desk;
  const std::string plan = "a plan with a name of fifty characters, all of it";
  desk.run({"card", "add", one, "used_bytes=90", "limit_bytes=100", "plan=" + plan});
  const std::vector<std::string> list{"card", "list", "--over", "50"};
  CHECK(has(desk.run(list).out, plan));
  for (const int columns : {60, 80, 200}) {
    CAPTURE(columns);
    const std::string table = on_terminal(desk, list, columns);
    CHECK(has(table, one));
    CHECK(has(table, plan) == (columns == 200));
    std::istringstream lines{table};
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(columns_of(line) <= columns);
    }
  }
}

TEST_CASE("rejected reports are listed by their reason") {
  Desk desk;
  {
    const auto store = open_store(desk.store);
    for (const RejectionReason reason :
         {RejectionReason::empty, RejectionReason::truncated, RejectionReason::empty}) {
      add_rejected(*store,
                   {.topic = "/1/D1/info/post",
                    .payload = "",
                    .size = 0,
                    .arrival = *parse_time("2026-11-24")},
                   {reason, 0});
    }
  }
  CHECK(desk.json({"rejected", "list"}).Size() == 3);
  CHECK(desk.json({"rejected", "list", "--reason", "empty"}).Size() == 2);
  CHECK(desk.run({"rejected", "list", "--reason", "ugly"}).status == 2);
}

TEST_CASE(
    "a list that was cut by its limit says so and how many there are, and one that ends there does "
    "not") {
  Desk desk;
  desk.run({"card", "import", "-"}, "iccid,product,device\n" + one + ",1,D1\n" + two + ",1,D2\n");
  report(desk, "D3", "89860002122334455667");
  report(desk, "D4", "89860002122334455675");
  const std::vector<std::pair<const char*, const char*>> sizes{
      {"card", "2"}, {"device", "4"}, {"mismatch", "2"}};
  for (const auto& [what, size] : sizes) {
    CAPTURE(what);
    const std::string cut =
        "the first 1 of " + std::string{size} + " is shown; --limit 0 shows all\n";
    CHECK(desk.run({what, "list", "--limit", "1"}).err == cut);
    CHECK(desk.run({what, "list", "--limit", "1", "--json"}).err == cut);
    CHECK(desk.run({what, "list", "--limit", "1", "--quiet"}).err.empty());
    CHECK(desk.json({what, "list", "--limit", "1"}).Size() == 1);
    CHECK(desk.run({what, "list", "--limit", "0"}).err.empty());
  }
  CHECK(desk.run({"card", "list", "--limit", "2"}).err.empty());
  CHECK(desk.run({"device", "list", "--limit", "3"}).err ==
        "the first 3 of 4 are shown; --limit 0 "
        "shows all\n");
}

TEST_CASE("a kind of mismatch is named with its category or without") {
  Desk desk;
  desk.run({"card", "add", one});
  report(desk, "D3", "89860002122334455667");
  for (const char* kind : {"card_unknown", "mismatch.card_unknown"}) {
    CAPTURE(kind);
    CHECK(desk.json({"mismatch", "list", "--kind", kind}).Size() == 1);
  }
  CHECK(desk.json({"mismatch", "list", "--kind", "card_in_use"}).Empty());
  CHECK(desk.run({"mismatch", "list", "--kind", "mismatch.mismatch.card_unknown"}).status == 2);
  CHECK(has(desk.run({"device", "list"}).out, "KIND"));
}
