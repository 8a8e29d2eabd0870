// SPDX-License-Identifier: Apache-2.0
// What doctor makes of facts: where OK ends, and what cannot be known.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "operations/doctor/doctor.h"

using namespace iotcard;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

FileFacts file(unsigned mode, unsigned owner = 7) {
  return {.mode = S_IFREG | mode, .owner = owner};
}
FileFacts folder(unsigned mode, unsigned owner = 7) {
  return {.mode = S_IFDIR | mode, .owner = owner};
}
const FileFacts missing{.missing = true};

Health intake(const FileFacts& itself, const FileFacts& parent, const FileFacts& inside = missing) {
  return judge_folder("intake.dir", "/x/intake",
                      {.folder = itself,
                       .parent = parent,
                       .inside = inside,
                       .inside_name = "lock",
                       .made_by_daemon = true})
      .status;
}

const DaemonFacts online{.state = "online", .version = "1.2", .since = "then"};
const DaemonFacts offline{.state = "offline"};

}  // namespace

TEST_CASE("a secret that others may read is a warning with a chmod, a missing one a failure") {
  CHECK(judge_secret("k", "/s", file(0640)).status == Health::ok);
  CHECK(judge_secret("k", "/s", file(0600)).status == Health::ok);
  const Finding open = judge_secret("k", "/s", file(0644));
  CHECK(open.status == Health::warn);
  CHECK_THAT(open.advice, Contains("chmod 640 /s"));
  CHECK(judge_secret("k", "/s", missing).status == Health::fail);
  CHECK(judge_secret("k", "/s", {.problem = "Permission denied"}).status == Health::skip);
  CHECK(judge_plain_file("k", "/s", file(0644)).status == Health::ok);
  CHECK(judge_plain_file("k", "/s", file(0666)).status == Health::warn);
}

TEST_CASE("a folder that the service will make, or that we may not see, is no failure") {
  CHECK(intake(folder(0750), folder(0755), file(0640)) == Health::ok);
  CHECK(intake(missing, folder(0750)) == Health::ok);
  CHECK(intake(missing, missing) == Health::warn);  // before the first start with DynamicUser
  CHECK(intake({.problem = "Permission denied"}, folder(0750)) == Health::skip);
}

TEST_CASE("a folder that the daemon cannot write to, or everybody can, is told") {
  CHECK(intake(folder(0550), folder(0755)) == Health::fail);
  CHECK(intake(file(0640), folder(0755)) == Health::fail);
  CHECK(intake(folder(0750), folder(0755), file(0640, 0)) == Health::warn);  // made by root once
  CHECK(intake(folder(0770), folder(0755), file(0640, 0)) == Health::ok);
  CHECK(intake(folder(0777), folder(0755)) == Health::warn);
  const FolderFacts no_store{.folder = missing, .parent = folder(0755)};
  CHECK(judge_folder("store folder", "/x", no_store).status == Health::fail);
}

TEST_CASE("space is short under 5 percent, under 1 GiB, or under what the backlog may take") {
  constexpr std::uint64_t gib = std::uint64_t{1} << 30;
  CHECK(judge_space("/x", 50 * gib, 100 * gib, gib).status == Health::ok);
  CHECK(judge_space("/x", 4 * gib, 100 * gib, gib).status == Health::warn);
  CHECK(judge_space("/x", gib - 1, 2 * gib, 0).status == Health::warn);
  const Finding short_of = judge_space("/x", 2 * gib, 4 * gib, 3 * gib);
  CHECK(short_of.status == Health::warn);
  CHECK_THAT(short_of.finding, Contains("intake.max_backlog"));
  // Sizes are rounded, not cut.
  const Finding almost = judge_space("/x", gib - 1, 2 * gib - 1, 0);
  CHECK(almost.finding == "/x: 1.00 GiB free of 2.00 GiB");
}

TEST_CASE("an outbox is a warning after a minute and a failure after an hour") {
  CHECK(judge_outbox(0, {}).status == Health::ok);
  CHECK(judge_outbox(9, 60s).status == Health::ok);
  CHECK(judge_outbox(9, 61s).status == Health::warn);
  CHECK(judge_outbox(9, 1h).status == Health::warn);
  CHECK(judge_outbox(9, 61min).status == Health::fail);
  CHECK(judge_outbox(9, {}).status == Health::ok);
}

TEST_CASE("a backlog is a warning from 10 percent of its limit on and a failure from 90") {
  CHECK(judge_backlog(0, 1000, 0).status == Health::ok);
  CHECK(judge_backlog(99, 1000, 0).status == Health::ok);
  CHECK(judge_backlog(100, 1000, 0).status == Health::warn);
  CHECK(judge_backlog(900, 1000, 0).status == Health::fail);
  CHECK(judge_backlog(0, 1000, 7).status == Health::warn);
  CHECK(judge_backlog(0, 1000, 7).finding.find("7 reports") == 0);
  CHECK(judge_backlog(900, 1000, 7).status == Health::fail);
}

TEST_CASE("damage fails, and only far too many rejected reports are a warning") {
  CHECK(judge_damage({}, false).status == Health::ok);
  CHECK(judge_damage({"row 3 missing"}, true).status == Health::fail);
  CHECK(judge_tables({{"device", 9'000'000}, {"rejected_report", 10}}).status == Health::ok);
  CHECK(judge_tables({{"rejected_report", 200'000}}).status == Health::warn);
  CHECK(judge_mismatches(3).status == Health::ok);
}

TEST_CASE("a log that cannot be reset is a warning above 64 MiB or after ten minutes") {
  constexpr std::int64_t mib = 1 << 20;
  CHECK(judge_log(1000 * mib, {}, {}).status == Health::ok);
  CHECK(judge_log(mib, 10min, {}).status == Health::ok);
  const Finding old = judge_log(mib, 11min, {"4711 (sqlite3)", "4712 (python3)"});
  CHECK(old.status == Health::warn);
  CHECK_THAT(old.finding, Contains("1.00 MiB; it could not be reset for 11 min"));
  CHECK_THAT(old.advice, Contains("reads the store: 4711 (sqlite3), 4712 (python3)"));
  const Finding long_one = judge_log(64 * mib + 1, 3s, {});
  CHECK(long_one.status == Health::warn);
  CHECK_THAT(long_one.advice, Contains("run doctor as root"));
}

TEST_CASE("a daemon is well that is online and of our version") {
  CHECK(judge_daemon(online, "1.2").status == Health::ok);
  CHECK(judge_daemon(online, "1.3").status == Health::warn);
  const Finding degraded = judge_daemon({.state = "degraded", .reason = "disk full"}, "1.2");
  CHECK(degraded.status == Health::fail);
  CHECK_THAT(degraded.finding, Contains("disk full"));
  CHECK(judge_daemon(offline, "1.2").status == Health::fail);
  CHECK(judge_daemon({}, "1.2").status == Health::fail);
  CHECK(judge_daemon({.problem = "not authorised"}, "1.2").status == Health::skip);
  CHECK(judge_daemon({.state = "hello"}, "1.2").status == Health::warn);
}

TEST_CASE("a session is known by an online daemon, or to be nobody's, and else it is not asked") {
  CHECK(judge_session(online, {}, 7 * 24h).status == Health::ok);
  CHECK(judge_session(online, {}, 0s).status == Health::warn);
  CHECK(judge_session(offline, {}, 1h).status == Health::skip);
  CHECK(judge_session(offline, {{sys_away, "2"}}, 1h).status == Health::skip);
  CHECK(judge_session(offline, {{sys_away, "0"}}, 1h).status == Health::warn);
  // It may have left the broker to wait for room.
  CHECK(judge_session({.state = "degraded"}, {}, 1h).status == Health::skip);
}

TEST_CASE("a publication that is refused says little where the daemon's own arrive") {
  const Finding published{"outbox", Health::ok, ""};
  const Finding stuck{"outbox", Health::warn, ""};
  const PublicationFacts refused{
      .topic = "t", .refusal = "not authorised", .listened = true, .mqtt5 = true};
  CHECK(judge_publication(refused, online, published).status == Health::skip);
  CHECK(judge_publication(refused, online, stuck).status == Health::fail);
  CHECK(judge_publication(refused, offline, published).status == Health::warn);
  CHECK(judge_publication({.topic = "t", .came_back = true}, offline, stuck).status == Health::ok);
  CHECK(judge_publication({.topic = "t", .mqtt5 = true}, offline, stuck).status == Health::ok);
  // MQTT 3.1.1 acknowledges what it throws away.
  CHECK(judge_publication({.topic = "t", .listened = true}, online, published).status ==
        Health::skip);
}

TEST_CASE("a subscription of a lower QoS than asked for is a warning that names both") {
  CHECK(judge_subscription("a/+", "", false, 1, 1).status == Health::ok);
  CHECK(judge_subscription("a/+", "", false, 0, 0).status == Health::ok);
  const Finding lower = judge_subscription("a/+", "", false, 1, 0);
  CHECK(lower.status == Health::warn);
  CHECK_THAT(lower.finding, Contains("a/+ QoS 0, not the 1 asked for"));
  CHECK_THAT(lower.advice, Contains("lost"));
  CHECK(judge_subscription("a/+", "refused", false, 1, 0).status == Health::fail);
}

TEST_CASE("a last will that is refused is judged by what the daemon does") {
  CHECK(judge_status_topic("t", "", {}).status == Health::ok);
  CHECK(judge_status_topic("t", "not authorised", {.state = "online"}).status == Health::skip);
  CHECK(judge_status_topic("t", "not authorised", {.state = "offline"}).status == Health::warn);
}

TEST_CASE("quarantined events are a warning that says what to do") {
  CHECK(judge_quarantine(0).status == Health::ok);
  CHECK(judge_quarantine(3).status == Health::warn);
  CHECK_THAT(judge_quarantine(3).finding, Contains("3 events"));
  CHECK_THAT(judge_quarantine(3).advice, Contains("quarantine list"));
}

TEST_CASE("messages that the broker dropped are a warning, and no figures no alarm") {
  CHECK(judge_queues({{sys_dropped, "0"}, {sys_version, "mosquitto 2"}}).status == Health::ok);
  CHECK(judge_queues({{sys_dropped, "7"}}).status == Health::warn);
  CHECK(judge_queues({{sys_version, "mosquitto 2"}}).status == Health::ok);
  CHECK(judge_queues({}).status == Health::skip);
}

TEST_CASE("a broker that takes larger packets than the daemon, or any, is a warning") {
  CHECK(judge_packet_limit(true, 1000, 1000).status == Health::ok);
  CHECK(judge_packet_limit(true, 1001, 1000).status == Health::warn);
  CHECK(judge_packet_limit(true, std::nullopt, 1000).status == Health::warn);
  CHECK_THAT(judge_packet_limit(true, std::nullopt, 1000).advice, Contains("max_packet_size 1000"));
  CHECK(judge_packet_limit(false, std::nullopt, 1000).status == Health::skip);
}

TEST_CASE("a platform that fails is a warning that says why and until when") {
  PlatformFacts facts;
  facts.row.id = 3;
  CHECK(judge_platform(facts).status == Health::ok);
  facts.row.health = {.failures = 2,
                      .next_try = parse_time("2026-11-24T08:00:00Z"),
                      .fault = "log_in",
                      .failure = "login: HTTP 403: bad user"};
  const Finding failing = judge_platform(facts);
  CHECK(failing.status == Health::warn);
  CHECK(failing.check == "platform 3");
  CHECK_THAT(failing.finding, Contains("HTTP 403: bad user") && Contains("2026-11-24T08:00:00"));
  CHECK_THAT(failing.advice, Contains("platform test 3") && Contains("restart"));
  facts.row.health = {.last_answer = parse_time("2026-11-24T08:00:00Z")};
  CHECK(judge_platform(facts).status == Health::ok);
}

TEST_CASE("a clock has stepped back if a report, or this program, is from after now") {
  const Instant now = *parse_time("2026-11-24T08:00:00Z");
  CHECK(judge_clock(now, {}, {}).status == Health::ok);
  CHECK(judge_clock(now, now + 59s, now - 24h).status == Health::ok);
  CHECK(judge_clock(now, now + 61s, {}).status == Health::warn);
  CHECK(judge_clock(now, {}, now + 1h).status == Health::warn);
  CHECK(judge_synchronised(true).status == Health::ok);
  CHECK(judge_synchronised(false).status == Health::warn);
  CHECK(judge_synchronised({}).status == Health::skip);
}

TEST_CASE("a finding is an object of four members, advice null where nothing is to do") {
  JsonText json;
  write_finding(json, {"outbox", Health::warn, "3 \xff wait", ""});
  CHECK(json.view() ==
        "{\"check\":\"outbox\",\"status\":\"warn\",\"finding\":\"3 \xEF\xBF\xBD wait\","
        "\"advice\":null}");
}
