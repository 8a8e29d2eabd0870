// SPDX-License-Identifier: Apache-2.0
// Devices whose names, fields and payloads are made to steer a terminal, forge lines of the log, or
// read as what they are not; and every verb that shows them.
#include <csignal>

#include "ingest/journal.h"
#include "store/store.h"
#include "support/store_writes.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

// What mosquitto lets through in a topic: overrides of direction, and a line separator.
const std::string product = "\xE2\x81\xA6p\xE2\x80\xAE";
const std::string number =
    "D\xE2\x80\xAE"
    "6\xE2\x80\xA8"
    "FORGED\xD8\x9C";
const std::string device = product + "/" + number;
const std::string twin = product + "/" + number + "2";

// What JSON can bring: CSI and OSC 8, in C0 and in C1, line ends, a priority of the journal.
const std::string steering =
    "\\u001b[31m\\u001b]8;;http://x\\u0007y\\u001b]8;;\\u0007\\u009b2J\\u009d0;t\\u009c"
    "\xC2\x9B"
    "2J\xC2\x85\xE2\x80\xAE\\r\\n<0>FORGED\\nFORGED\\u007f\x7F";

std::string report(const std::string& iccid) {
  return "{\"iccid\":\"" + iccid + "\",\"firmwareVersion\":\"" + steering + "\",\"userId\":\"" +
         steering + "\",\"rssi\":\"" + steering + "\",\"summary\":{\"" + steering + "\":[\"" +
         steering + "\"]}}";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Written here once more, byte by byte, so that it does not lean on what it tests.
std::string first_that_steers(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&](std::size_t at) {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned a = byte(i);
    const unsigned b = byte(i + 1);
    const unsigned c = byte(i + 2);
    const bool control = (a < 0x20 && a != '\n') || a == 0x7F || (a == 0xC2 && b < 0xA0);
    const bool bidi = (a == 0xD8 && b == 0x9C) ||
                      (a == 0xE2 && b == 0x80 && (c == 0x8E || c == 0x8F)) ||
                      (a == 0xE2 && b == 0x80 && c >= 0xA8 && c <= 0xAE) ||
                      (a == 0xE2 && b == 0x81 && c >= 0xA6 && c <= 0xAF);
    if (control || bidi) return text.substr(i > 20 ? i - 20 : 0, 60);
  }
  return {};
}

bool a_line_begins(const std::string& text, const std::string& with) {
  return text.rfind(with, 0) == 0 || has(text, "\n" + with);
}

void check_clean(const std::string& text) {
  CHECK(first_that_steers(text) == "");
  CHECK_FALSE(a_line_begins(text, "FORGED"));
  CHECK_FALSE(a_line_begins(text, "<0>"));
}

}  // namespace

TEST_CASE("no verb lets a device steer the terminal or forge a line") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  REQUIRE(world.wait_for_status("online"));
  const TempDir& dir = world.dir;
  Process tail{{.command = {IOTCARDCTL, "--config", daemon.config_path(), "tail", "--status"},
                .output = dir.file("tail"),
                .env = {},
                .input = {}}};
  Process tail_json{{.command = {IOTCARDCTL, "--config", daemon.config_path(), "tail", "--json"},
                     .output = dir.file("tail-json"),
                     .env = {},
                     .input = {}}};
  REQUIRE(eventually([&] { return has(tail.err(), "listening to iotcard/status"); }));
  REQUIRE(eventually([&] { return has(tail_json.err(), "listening to"); }));
  add_card(dir, daemon, documented_iccid);
  REQUIRE(ctl(dir, daemon,
              {"card", "set", documented_iccid, "status=suspended",
               "note=\xE2\x80\xAE\xC2\x9B"
               "31m\r\na line of the operator's",
               "operator=\xE2\x80\xAE\xC2\x9B"})
              .status == 0);

  MqttProbe devices{world.broker.url()};
  const std::string invalid = report("89" + steering);
  const std::string other = "89860617060065258667";
  for (const std::string& payload : {invalid, report(documented_iccid), report(other),
                                     "{\"iccid\":\"\x1b[2J\r\nFORGED" + steering}) {
    devices.publish("/" + device + "/info/post", payload);
  }
  devices.publish("/" + twin + "/info/post", report(documented_iccid));
  REQUIRE(world.wait_for("mismatch/card_in_use/" + twin));
  REQUIRE(world.wait_for("report/rejected/" + device));
  const auto store = open_store(daemon.store_url());
  add_rejected(*store,
               {.topic = "/\x1b[2J\r\nFORGED/\xC2\x9B"
                         "31m\xFF",
                .payload = "\x1b]0;x\x07\r\nFORGED\xFF" + steering,
                .size = 10,
                .arrival = *parse_time("2026-11-24")},
               {RejectionReason::bad_topic, 0});

  // Whoever may write there can send an event that is none of the daemon's.
  devices.publish("iotcard/event/" + device, "\x1b[2J\r\nFORGED\xC2\x9B");
  devices.publish("iotcard/event/x", "{\"type\":\"iotcard.x" + steering + "\",\"subject\":\"" +
                                         steering + "\",\"data\":{\"reason\":\"" + steering +
                                         "\"}}");
  devices.publish("iotcard/event/x", "{\"last\":\"\r\nFORGED\x1b[2J\"}");

  const std::string payload = dir.file("payload");
  write_file(payload, invalid);
  const std::string rejected = dir.file("rejected");
  write_file(rejected, "{\"iccid\":\x1b[2J\nFORGED");
  const std::string csv = dir.file("bad\x1b[2J\nFORGED.csv");
  write_file(csv, "iccid,note,product,device\n\x1b[2J89,x,,\n" + std::string{documented_iccid} +
                      ",\"\nFORGED\x1b[2J\",,\n" + other + ",," + product + ",\"" + number +
                      "\xC2\x9B\"\n");
  const std::string header = dir.file("header.csv");
  write_file(header, "iccid,\"\x1b[2J\nFORGED\"\n");
  const std::string raw = "\x1b[2J\nFORGED\xC2\x9B\xE2\x80\xAE";
  const std::string word = "\x1b[2J\xC2\x9B\xE2\x80\xAE";
  const std::vector<std::vector<std::string>> verbs{
      {"card", "list"},
      {"card", "show", documented_iccid},
      {"card", "export"},
      {"card", "export", dir.file("out\xE2\x80\xAE.csv")},
      {"card", "export", dir.file("no\x1b[2J/x.csv")},
      {"card", "import", csv},
      {"card", "import", header},
      {"card", "import", dir.file("none\x1b[2J")},
      {"card", "add", documented_iccid},
      {"card", "add", raw},
      {"card", "set", documented_iccid, "platform=" + raw},
      {"card", "set", documented_iccid, raw + "=x"},
      {"card", "remove", documented_iccid},
      {"device", "list"},
      {"device", "list", "--product", product},
      {"device", "show", device},
      {"device", "show", product + "/none\xE2\x80\xAE"},
      {"device", "show", raw},
      {"device", "ask", device},
      {"mismatch", "list"},
      {"mismatch", "list", "--all"},
      {"mismatch", "list", "--device", device},
      {"mismatch", "dismiss", "1"},
      {"mismatch", "accept", "1"},
      {"mismatch", "accept", "2"},
      {"mismatch", "accept", "3", "--card", raw},
      {"rejected", "list"},
      {"rejected", "show", "1"},
      {"rejected", "show", "2"},
      {"bind", twin, documented_iccid},
      {"bind", twin, documented_iccid, "--force"},
      {"bind", twin, documented_iccid},
      {"bind", raw, documented_iccid},
      {"unbind", device},
      {"unbind", twin},
      {"unbind", twin},
      {"explain", payload},
      {"explain", "--topic", "/" + device + "/info/post", payload},
      {"explain", "--topic", raw, payload},
      {"explain", rejected},
      {"explain", dir.file("none\x1b[2J")},
      {"status"},
      {"simulate", "--dry-run", "--devices", "2", "--product", product},
      {"tail", "--count", "1", "--timeout", "0.2", "--device", device},
      {"tail", "--kind", word},
      {"card", "list", "--status", word},
      {"card", "list", word},
      {word},
  };
  for (const auto& verb : verbs) {
    for (const bool json : {false, true}) {
      std::vector<std::string> arguments = verb;
      if (json) arguments.push_back("--json");
      const CtlResult result = ctl(dir, daemon, arguments);
      INFO(verb[0] << " " << (verb.size() > 1 ? verb[1] : "") << (json ? " --json" : "") << ":\n"
                   << result.out << result.err);
      CHECK_FALSE((result.out + result.err).empty());
      check_clean(result.out);
      check_clean(result.err);
    }
  }
  REQUIRE(eventually([&] { return has(tail_json.out(), "last"); }));
  REQUIRE(eventually([&] { return has(tail.out(), "last"); }));
  for (Process* process : {&tail, &tail_json}) {
    process->signal(SIGINT);
    CHECK(process->wait() == 0);
    check_clean(process->out());
    check_clean(process->err());
  }
  CHECK(has(tail.out(), "mismatch.card_in_use"));
  check_clean(read_file(dir.file("out\xE2\x80\xAE.csv")));
  // What the daemon itself publishes is clean as well: whoever listens may have a terminal.
  for (const ProbeMessage& message : world.events->messages()) {
    if (has(message.payload, "\"specversion\"")) check_clean(message.payload);
  }
  check_clean(daemon.log());
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("no device forges a line of the daemon's log, nor a priority of the journal") {
  WatchedBroker world;
  Daemon daemon{world.dir,
                world.broker.url(),
                {.env = {{"JOURNAL_STREAM", journal_stream(world.dir.file("iotcardd-log.err"))}},
                 .start = false}};
  // A broker that checks topics less than mosquitto may have delivered these.
  {
    Journal journal{{.dir = daemon.intake_dir(), .client_id = "iotcardd"}, {}};
    const std::string forged = "\n<0>FORGED\r\n<2>FORGED\x1b[2J\xC2\x9B\xE2\x80\xAE";
    for (const std::string& topic :
         std::vector<std::string>{"/1/" + forged + "/info/post", forged, "/1/D\xC2\x85/info/post",
                                  "/1/D\xE2\x80\xAE/info/post"}) {
      const std::string payload = "{\"iccid\":" + forged;
      journal.append({.topic = topic,
                      .payload = payload,
                      .size = static_cast<std::uint32_t>(payload.size()),
                      .arrival = *parse_time("2026-11-24"),
                      .qos = 1});
    }
  }
  daemon.start();
  REQUIRE(world.wait_for("report/rejected/1/D\xE2\x80\xAE"));
  CHECK(daemon.terminate() == 0);
  const std::string log = daemon.log();
  INFO(log);
  check_clean(log);
  CHECK(has(log, "rejected a report on"));
  CHECK(has(log, "FORGED"));
  CHECK_FALSE(has(log, "<2>FORGED\n"));
  for (std::size_t at = 0; at < log.size(); at = log.find('\n', at) + 1) {
    const std::string priority = log.substr(at, 3);
    CHECK((priority == "<3>" || priority == "<4>" || priority == "<6>" || priority == "<7>"));
  }
  // All four are kept, and the broker took all events: none names a device by what it refuses.
  CHECK(open_store(daemon.store_url())->count_rejected() == 4);
  CHECK(open_store(daemon.store_url())->count_outbox("iotcardd") == 0);
}
