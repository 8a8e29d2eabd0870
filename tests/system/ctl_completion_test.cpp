// SPDX-License-Identifier: Apache-2.0
// What the Tab key offers (iotcardctl __complete), whatever the shell. tests/completions goes
// through the shells themselves.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <filesystem>

#include "base/file_descriptor.h"
#include "base/text.h"
#include "store/store.h"
#include "support/store_writes.h"
#include "system/desk.h"
#include "system/remote_world.h"

using namespace iotcard;

namespace {

const std::string first = "898604293620C0000970";
const std::string second = "89860617060065258667";

struct Offered {
  int status = 0;
  std::string how;     // "files", "part"
  Words candidates{};  // without what they are
  std::string out;
  std::string err;

  bool has(const std::string& candidate) const { return contains(candidates, candidate); }
};

Offered offered_from(const CtlResult& result) {
  Offered offered{.status = result.status, .how = {}, .out = result.out, .err = result.err};
  bool is_first = true;
  for (const std::string_view line : split(result.out, '\n')) {
    if (is_first) {
      offered.how = line;
    } else if (!line.empty()) {
      CHECK(contains(line, '\t'));
      offered.candidates.emplace_back(line.substr(0, line.find('\t')));
    }
    is_first = false;
  }
  return offered;
}

// On the command line "iotcardctl WORD…", with the cursor behind the last word.
Offered at(const TempDir& dir, Words words) {
  words.insert(words.begin(), "__complete");
  return offered_from(ctl(dir, words));
}
Offered at(const Desk& desk, Words words) {
  words.insert(words.begin(), {"--store", desk.store});
  return at(desk.dir, std::move(words));
}

void raise(Desk& desk, const std::string& number, MismatchState state) {
  const auto store = open_store(desk.store);
  Mismatch mismatch;
  mismatch.device = {"1", number};
  mismatch.outcome = Outcome::card_unknown;
  mismatch.reported = second;
  mismatch.state = state;
  if (state == MismatchState::dismissed) mismatch.dismissed = Instant{};
  apply(*store, RaiseMismatch{mismatch});
}

}  // namespace

TEST_CASE("verbs and options are offered where they may stand, with what they do") {
  const TempDir dir;
  CHECK(at(dir, {""}).has("card"));
  CHECK(at(dir, {"mis"}).candidates == Words{"mismatch"});
  CHECK(at(dir, {"card", "s"}).candidates == Words{"show", "set", "suspend"});
  CHECK(at(dir, {"help", "card", "sh"}).candidates == Words{"show"});
  CHECK(has(at(dir, {"card", "sh"}).out, "show\tShows a card, its bindings"));
  CHECK(at(dir, {"card", "list", "--st"}).candidates == Words{"--status", "--store"});
  CHECK(at(dir, {"card", "list", "--limit", "3", "--li"}).candidates.empty());
  CHECK(
      at(dir, {"card", "list", "--bound", "--un"}).candidates.empty());  // they exclude each other
  CHECK(at(dir, {"replay", "--last", "--jo"}).candidates ==
        Words{"--journal"});  // of an option group
  CHECK(at(dir, {"card", "list", "-"}).has("--json"));
  // A value is no verb, and "--" ends the options.
  CHECK(at(dir, {"--config", "card", "dev"}).candidates == Words{"device"});
  CHECK(at(dir, {"card", "list", "--", "--st"}).candidates.empty());
  CHECK(at(dir, {"no", "such", "verb", ""}).err.empty());
}

TEST_CASE("values that are known without a store are offered") {
  const TempDir dir;
  CHECK(at(dir, {"-o", ""}).candidates == Words{"table", "wide", "csv", "json"});
  CHECK(at(dir, {"card", "list", "--status", "act"}).candidates == Words{"active"});
  CHECK(at(dir, {"card", "list", "--status=su"}).candidates == Words{"--status=suspended"});
  CHECK(at(dir, {"card", "list", "--sort", "exp"}).candidates ==
        Words{"expires_at", "expires_at:desc"});
  CHECK(at(dir, {"card", "set", first, "status=act"}).candidates == Words{"status=active"});
  const Offered fields = at(dir, {"card", "set", first, "sta"});
  CHECK(fields.candidates == Words{"status=", "status_reason="});
  CHECK(fields.how == "part");
  const Offered kinds = at(dir, {"tail", "--kind", "mismatch,card.ab"});
  CHECK(kinds.candidates == Words{"mismatch,card.abnormal"});
  CHECK(kinds.how == "part");
  CHECK(at(dir, {"events", "--kind", "bin"}).has("binding.created"));
  CHECK(at(dir, {"mismatch", "list", "--kind", "card_"}).candidates ==
        Words{"card_unknown", "card_in_use"});
  CHECK(at(dir, {"mismatch", "list", "--state", "op"}).candidates == Words{"open"});
  CHECK(at(dir, {"rejected", "list", "--reason", "empty,too-"}).candidates ==
        Words{"empty,too-large", "empty,too-deep"});
  CHECK(at(dir, {"card", "import", ""}).how == "files");
  CHECK(at(dir, {"--config", ""}).how == "files");
}

TEST_CASE("mappings and platforms of the configuration are offered by name") {
  const TempDir dir;
  std::filesystem::create_directory(dir.file("lists"));
  write_file(dir.file("lists/acme.toml"), "");
  write_file(dir.file("c.toml"), "[import]\nmappings = [\"" + dir.file("lists") +
                                     "\"]\n[[platform]]\nid = 31\nname = \"Ours\"\n");
  const Offered mappings = at(dir, {"--config", dir.file("c.toml"), "card", "import", "--map", ""});
  CHECK(mappings.candidates == Words{"acme"});
  CHECK(mappings.how == "files");
  const Offered platforms = at(dir, {"--config", dir.file("c.toml"), "platform", "test", ""});
  CHECK(platforms.candidates == Words{"31"});
  CHECK(has(platforms.out, "31\tOurs"));
}

TEST_CASE("cards, devices and mismatches of the store are offered") {
  Desk desk;
  desk.run({"card", "add", first, "status=active"});
  desk.run({"card", "add", second});
  desk.run({"bind", "1/METER7", first});
  CHECK(at(desk, {"card", "show", ""}).candidates == Words{first, second});
  CHECK(at(desk, {"card", "show", "89860429"}).candidates == Words{first});
  CHECK(at(desk, {"card", "show", "898604293620c"}).candidates == Words{first});
  CHECK(has(at(desk, {"card", "show", "89860429"}).out, first + "\tactive, 1/METER7"));
  CHECK(at(desk, {"device", "show", "1/M"}).candidates == Words{"1/METER7"});
  CHECK(at(desk, {"device", "show", "1"}).candidates == Words{"1/METER7"});
  CHECK(at(desk, {"device", "show", "METER"}).candidates.empty());  // a word of its own, not a part
  CHECK(at(desk, {"unbind", ""}).has("1/METER7"));
  CHECK(at(desk, {"unbind", ""}).has(first));
  raise(desk, "A", MismatchState::open);
  raise(desk, "B", MismatchState::dismissed);
  CHECK(at(desk, {"mismatch", "accept", ""}).candidates == Words{"1"});
  CHECK(at(desk, {"mismatch", "reopen", ""}).candidates == Words{"2"});
  CHECK(at(desk, {"mismatch", "show", ""}).candidates == Words{"1", "2"});
  CHECK(has(at(desk, {"mismatch", "show", "1"}).out, "1\tcard_unknown 1/A"));
}

TEST_CASE("a long list is cut, and the shell learns what all of it has in common") {
  Desk desk;
  std::string csv = "iccid\n";
  for (int i = 0; i < 70; ++i) csv += fmt::format("8986042936{:09}\n", i * 1000 + 7);
  REQUIRE(desk.run({"card", "import", "-"}, csv).status == 0);
  const Offered all = at(desk, {"card", "show", "89"});
  CHECK(all.candidates.size() == 51);
  CHECK(all.candidates.back() == "89860429360000...");
  // Also what is behind the shown ones begins so.
  CHECK(at(desk, {"card", "show", "8986042936000069"}).candidates.size() == 1);
}

TEST_CASE("a name that means something to a shell is not offered") {
  Desk desk;
  desk.run({"card", "add", first});
  desk.run({"card", "add", second});
  const std::string name = GENERATE("$(reboot)", ";reboot", "`id`", "a b", "a'b", "a\\b",
                                    "\xe2\x80\xae"
                                    "gpj",
                                    "~root", "*", "a&b", "{a,b}", "!1");
  CAPTURE(name);
  REQUIRE(desk.run({"bind", "1/ok", first}).status == 0);
  REQUIRE(desk.run({"bind", name + "/1", second}).status == 0);
  CHECK(at(desk, {"device", "show", ""}).candidates == Words{"1/ok"});
}

TEST_CASE("the Tab key makes no store, and what fails is silent") {
  const TempDir dir;
  const auto silent = [](const Offered& offered) {
    CHECK(offered.candidates.empty());
    CHECK(offered.err.empty());
  };
  const std::string store = "sqlite:" + dir.file("none.db");
  silent(at(dir, {"--store", store, "card", "show", ""}));
  silent(at(dir, {"--store", "sqlite:/no/such/folder/cards.db", "card", "show", ""}));
  silent(at(dir, {"--store", "postgresql://x", "card", "show", ""}));
  silent(at(dir, {"--config", dir.file("none.toml"), "card", "show", ""}));
  write_file(dir.file("bad.toml"), "[broker\n");
  silent(at(dir, {"--config", dir.file("bad.toml"), "platform", "test", ""}));
  write_file(dir.file("text.db"), "no store at all");
  silent(at(dir, {"--store", "sqlite:" + dir.file("text.db"), "card", "show", ""}));
  silent(at(dir, {"--store", store, "--api", "http://127.0.0.1:1", "card", "show", ""}));
  silent(at(dir, {"--api", fmt::format("http://127.0.0.1:{}", free_port()), "card", "show", ""}));
  CHECK_FALSE(std::filesystem::exists(dir.file("none.db")));
}

TEST_CASE("the Tab key waits two seconds for a host that does not answer") {
  const TempDir dir;
  const FileDescriptor listening{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(bind(listening.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(listen(listening.get(), 1) == 0);
  getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &length);
  const std::string url = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
  const auto begin = std::chrono::steady_clock::now();
  const Offered offered = at(dir, {"--api", url, "card", "show", ""});
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{10});
  CHECK(offered.out.empty());
  CHECK(offered.err.empty());
}

TEST_CASE("what the API of a daemon has is offered like what a store has") {
  RemoteWorld world;
  world.fill();
  const auto same = [&](const Words& typed) {
    CAPTURE(typed);
    Words words = typed;
    words.insert(words.begin(), "__complete");
    Words remote{"__complete", "--api", world.daemon->api_url(), "--token-file", world.token_file};
    remote.insert(remote.end(), typed.begin(), typed.end());
    Words local{"__complete", "--config", world.daemon->config_path()};
    local.insert(local.end(), typed.begin(), typed.end());
    const Offered there = offered_from(ctl(world.dir, remote));
    CHECK_FALSE(there.candidates.empty());
    CHECK(there.out == offered_from(ctl(world.dir, local)).out);
  };
  same({"card", "show", ""});
  same({"card", "show", "898603"});
  same({"device", "show", ""});
  same({"device", "show", "1/D"});
  same({"mismatch", "accept", ""});
  same({"rejected", "show", ""});
}
