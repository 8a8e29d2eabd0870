// SPDX-License-Identifier: Apache-2.0
// What the broker does not grant as asked for: what the session does about it, and what it says.
#include "broker/broker_limits.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

using namespace iotcard;
using namespace std::chrono_literals;
using Catch::Contains;
using Weight = LimitNotice::Weight;

namespace {

const Wanted as_the_daemon{
    .mqtt5 = true, .keep_alive = 30s, .session_expiry = 604'800s, .status = true};

LimitNotice notice_of(const std::string& subject, const Announcement& announced,
                      const Concessions& concessions = {}, const std::vector<Grant>& grants = {}) {
  for (LimitNotice& notice : judge_limits(as_the_daemon, announced, concessions, grants)) {
    if (notice.subject == subject) return notice;
  }
  return {"there is none", Weight::granted, ""};
}

}  // namespace

TEST_CASE("a broker that grants everything costs no promise") {
  for (const bool mqtt5 : {true, false}) {
    Wanted wanted = as_the_daemon;
    wanted.mqtt5 = mqtt5;
    const auto notices = judge_limits(wanted, {}, {}, {{"a/+", 1, 1}, {"b/+", 0, 0}});
    CHECK(notices.size() == 6);
    CHECK(std::ranges::all_of(
        notices, [](const LimitNotice& notice) { return notice.weight == Weight::granted; }));
  }
}

TEST_CASE("what weakens a promise names what was asked for and what is granted") {
  const LimitNotice expiry = notice_of("session expiry", {.session_expiry = 3600s});
  CHECK(expiry.weight == Weight::weaker);
  CHECK_THAT(expiry.text, Contains("3600 s") && Contains("604800 s") && Contains("lost"));

  const LimitNotice qos = notice_of("publishing", {.maximum_qos = 0});
  CHECK(qos.weight == Weight::weaker);
  CHECK_THAT(qos.text, Contains("QoS 0 at most, not the 1") && Contains("lost"));
  CHECK(notice_of("publishing", {.maximum_qos = 1}).weight == Weight::granted);

  const LimitNotice packet = notice_of("packet size", {.max_packet = 4000});
  CHECK(packet.weight == Weight::weaker);
  CHECK_THAT(packet.text, Contains("4000 bytes") && Contains("32768") && Contains("shortened"));
  CHECK(notice_of("packet size", {.max_packet = 131'072}).weight == Weight::granted);

  const LimitNotice retained = notice_of("retained status", {.retain = false});
  CHECK(retained.weight == Weight::weaker);
  CHECK_THAT(retained.text, Contains("no retained messages"));
  CHECK(notice_of("retained status", {}, {.retain = false}).weight == Weight::weaker);

  const LimitNotice grant = notice_of("subscription", {}, {}, {{"a/+", 1, 1}, {"b/+", 1, 0}});
  CHECK(grant.weight == Weight::weaker);
  CHECK_THAT(grant.text, Contains("b/+ QoS 0, not the 1 asked for") && Contains("away"));
  const LimitNotice once = notice_of("subscription", {.maximum_qos = 0}, {}, {{"b/+", 1, 0}});
  CHECK(once.subject == "there is none");  // it is said of all
}

TEST_CASE("a shorter keep-alive time is adapted to, and costs no promise") {
  const LimitNotice announced = notice_of("keep alive", {.keep_alive = 10s}, {.keep_alive = 10s});
  CHECK(announced.weight == Weight::adapted);
  CHECK_THAT(announced.text, Contains("10 s") && Contains("30 s"));
  CHECK(notice_of("keep alive", {.keep_alive = 60s}).weight == Weight::granted);
}

TEST_CASE("a session that nobody asked for, and a status that there is none of, have no notice") {
  const auto notices = judge_limits({.keep_alive = 30s}, {.retain = false}, {}, {});
  CHECK(std::ranges::none_of(notices, [](const LimitNotice& notice) {
    return notice.subject == "session expiry" || notice.subject == "retained status";
  }));
}

TEST_CASE("the connection is made again for a shorter keep-alive time only") {
  const auto next = concede_to({}, {.keep_alive = 10s}, 30s);
  REQUIRE(next.has_value());
  CHECK(next->keep_alive == 10s);
  CHECK(next->retain);
  CHECK_FALSE(concede_to(*next, {.keep_alive = 10s}, 10s));
  CHECK_FALSE(concede_to({}, {.keep_alive = 30s}, 30s));
  CHECK_FALSE(concede_to({}, {.keep_alive = 0s}, 30s));
  CHECK_FALSE(concede_to({}, {}, 30s));
}

TEST_CASE("a refusal of the last will's retain flag or QoS is conceded once") {
  const auto retain = concede_to_refusal({}, 0x9a);
  REQUIRE(retain.has_value());
  CHECK_FALSE(retain->retain);
  CHECK_FALSE(concede_to_refusal(*retain, 0x9a));
  const auto qos = concede_to_refusal(*retain, 0x9b);
  REQUIRE(qos.has_value());
  CHECK(qos->will_qos == 0);
  CHECK_FALSE(qos->retain);
  for (const int code : {0, 5, 0x84, 0x87}) CHECK_FALSE(concede_to_refusal({}, code));
}

TEST_CASE("a broker of MQTT 3.1.1 that only hangs up is offered less of a will, step by step") {
  using Steps = std::vector<Concessions>;
  const Concessions nothing{.retain = false, .will_qos = 0};
  CHECK(concede_to_hang_up({}) == Steps{{}, {.retain = false}, {.will_qos = 0}, nothing});
  CHECK(concede_to_hang_up({.retain = false}) == Steps{{.retain = false}, nothing});
  CHECK(concede_to_hang_up(nothing) == Steps{nothing});
  CHECK_FALSE(concede_to_lost_status({}, 1));
  CHECK(concede_to_lost_status({}, 2) == std::optional{Concessions{.retain = false}});
  CHECK_FALSE(concede_to_lost_status({.retain = false}, 5));
  CHECK(announced_by({.retain = false}).maximum_qos == 2);
  CHECK_FALSE(announced_by({.retain = false}).retain);
  CHECK(announced_by({.will_qos = 0}).maximum_qos == 0);
}

TEST_CASE("what was conceded is asked for again, but for a keep-alive time, which costs nothing") {
  using std::chrono::seconds;
  CHECK(ask_again({.keep_alive = seconds{10}, .retain = false, .will_qos = 0}) ==
        Concessions{.keep_alive = seconds{10}});
}

TEST_CASE("a subscription that the broker said it does not take is not asked for") {
  CHECK_FALSE(filter_problem("$share/g/a/+", {}));
  CHECK_THAT(filter_problem("$share/g/a/b", {.shared = false}).value_or(""),
             Contains("reports.share"));
  CHECK_FALSE(filter_problem("a/+", {.shared = false}));
  for (const char* filter : {"a/+", "a/#"}) {
    CHECK_THAT(filter_problem(filter, {.wildcards = false}).value_or(""), Contains("wildcards"));
  }
  CHECK_FALSE(filter_problem("a/b", {.wildcards = false}));
}

TEST_CASE("a message is published as the broker takes it") {
  CHECK(publish_manner(1, true, {}).qos == 1);
  CHECK(publish_manner(1, true, {}).retain);
  CHECK(publish_manner(1, true, {.maximum_qos = 0}).qos == 0);
  CHECK_FALSE(publish_manner(1, true, {.retain = false}).retain);
  CHECK(publish_manner(0, false, {.maximum_qos = 1}).qos == 0);
  CHECK(message_room({}) == std::numeric_limits<std::size_t>::max());
  CHECK(message_room({.max_packet = 4000}) == 3990);
  CHECK(message_room({.max_packet = 5}) == 0);
}

TEST_CASE("a reason code that lies in the message is final, others may pass") {
  for (const int code : {0x90, 0x99}) CHECK(refuses_for_good(code));
  for (const int code : {0x80, 0x83, 0x87, 0x97}) CHECK_FALSE(refuses_for_good(code));
}
