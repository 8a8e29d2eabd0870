// SPDX-License-Identifier: Apache-2.0
// A webhook whose receiver fails in every way that a receiver on the network has. What counts: each
// event arrives, and in the order of its device.
#include <set>

#include "support/byte_server.h"
#include "support/running_server.h"
#include "support/tls_files.h"
#include "system/webhook_world.h"
#include "webhook/webhook_key.h"

using namespace iotcard;

namespace {

using Then = WebhookReaction::Then;

// For the first try of an event; the next one is taken.
std::vector<WebhookReaction> first_tries(const std::string& elsewhere) {
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it";
  return {{.bytes = "", .then = Then::hang},
          {.bytes = "", .then = Then::close},
          {.bytes = half, .then = Then::close},
          {.bytes = "HTTP/1.1 2", .then = Then::close},
          {.bytes = half, .then = Then::hang},
          {.bytes = half, .then = Then::trickle},
          answer_with(500, "", std::string(100'000, 'x')),
          answer_with(503, "Retry-After: 1\r\n"),
          answer_with(429, "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
          answer_with(307, "Location: " + elsewhere + "\r\n"),
          answer_with(400),
          {.bytes = "220 mail.example ESMTP\r\n", .then = Then::close}};
}

// Makes each event fail once, in another way each.
class FailOnce {
 public:
  explicit FailOnce(std::vector<WebhookReaction> reactions) : reactions_(std::move(reactions)) {}
  WebhookReaction operator()(const WebhookCall& call) {
    const bool is_new = seen_.insert(call.id()).second;
    if (is_new && next_ < reactions_.size()) return reactions_[next_++];
    return answer_with(200);
  }

 private:
  std::vector<WebhookReaction> reactions_;
  std::set<std::string> seen_;
  std::size_t next_ = 0;
};

}  // namespace

TEST_CASE("a webhook delivers each event in order, signed, whatever its receiver does in between") {
  WebhookWorld world;
  WebhookReceiver elsewhere;
  WebhookReceiver receiver;
  const auto reactions = first_tries(elsewhere.url());
  receiver.react(FailOnce{reactions});
  Daemon daemon{world.dir, world.broker.url(),
                world.with_webhooks(world.section("ops", receiver.url()))};
  daemon.wait_online();
  const std::size_t count = reactions.size() + 4;
  world.report_unknown(static_cast<int>(count));
  const auto published = world.published(count);
  for (std::size_t part = 1; part <= count; ++part) REQUIRE(receiver.wait_taken(part));
  CHECK(ids_by_device(world.taken(receiver)) == ids_by_device(published));
  CHECK(receiver.taken().size() == count);  // none twice, since each failure was a failure
  CHECK(receiver.calls().size() == count + reactions.size());
  CHECK(elsewhere.calls().empty());
  const auto key = std::get<WebhookKey>(webhook_key(world.secret));
  for (const WebhookCall& call : receiver.calls()) {
    CHECK(call.path == "/hook");
    CHECK(call.headers.at("content-type") == "application/cloudevents+json");
    CHECK(call.headers.at("webhook-signature") ==
          webhook_signature(key, call.id(), std::stoll(call.headers.at("webhook-timestamp")),
                            call.body));
    CHECK(call.id() == text_behind(call.body, "id"));
    CHECK(schema_error(call.body).value_or("") == "");
  }
  CHECK(daemon.log().find(world.secret.substr(6)) == std::string::npos);
}

TEST_CASE("an answer without an end is cut, and its status counts") {
  WebhookWorld world;
  WebhookReceiver receiver;
  receiver.react([](const WebhookCall&) {
    return WebhookReaction{.bytes = "HTTP/1.1 200 OK\r\n\r\n", .then = Then::flood, .takes = true};
  });
  Daemon daemon{world.dir, world.broker.url(),
                world.with_webhooks(world.section("ops", receiver.url()))};
  daemon.wait_online();
  world.report_unknown(4);
  REQUIRE(receiver.wait_taken(4));
  CHECK(ids_by_device(world.taken(receiver)) == ids_by_device(world.published(4)));
  CHECK(receiver.calls().size() == 4);
}

TEST_CASE("one event that the receiver refuses is set aside after five tries and stops no other") {
  WebhookWorld world;
  WebhookReceiver receiver;
  std::string refused;
  bool willing = false;
  std::mutex mutex;
  receiver.react([&](const WebhookCall& call) {
    const std::lock_guard lock{mutex};
    if (refused.empty()) refused = call.id();
    return call.id() == refused && !willing ? answer_with(400, "", "I do not like it")
                                            : answer_with(204);
  });
  Daemon daemon{world.dir, world.broker.url(),
                world.with_webhooks(world.section("ops", receiver.url()))};
  daemon.wait_online();
  world.report_unknown(4);
  REQUIRE(receiver.wait_calls(8));
  REQUIRE(receiver.wait_taken(3));
  CHECK(receiver.calls()[4].id() == refused);
  CHECK(receiver.calls()[5].id() != refused);
  const auto list = ctl(world.dir, daemon, {"quarantine", "list", "--json"});
  CHECK(list.out.find("webhook ops: the receiver answered 400: I do not like it") !=
        std::string::npos);
  CHECK(list.out.find(refused) != std::string::npos);
  CHECK(daemon.times_in_log("set aside") == 1);
  {
    const std::lock_guard lock{mutex};
    willing = true;
  }
  // Sent again after all, under its own id.
  CHECK(ctl(world.dir, daemon, {"replay", "--quarantined"}).status == 0);
  REQUIRE(receiver.wait_taken(4));
  CHECK(receiver.taken().back().id() == refused);
}

TEST_CASE(
    "nothing is missing after a receiver that refused connections and a daemon that was killed") {
  WebhookWorld world;
  const std::uint16_t port = free_port();
  Daemon daemon{
      world.dir, world.broker.url(),
      world.with_webhooks(world.section("ops", fmt::format("http://127.0.0.1:{}/hook", port)))};
  daemon.wait_online();
  world.report_unknown(6);
  CHECK(world.published(6).size() == 6);
  REQUIRE(daemon.wait_for_log("Connection refused"));
  daemon.kill();
  daemon.start();
  daemon.wait_online();
  world.report_unknown(6);
  WebhookReceiver receiver{port};
  for (std::size_t taken = 2; taken <= 8; taken += 3) {  // killed while it sends
    REQUIRE(receiver.wait_taken(taken));
    daemon.kill();
    daemon.start();
    daemon.wait_online();
  }
  const auto published = ids_by_device(world.published(12));
  REQUIRE(eventually([&] { return ids_by_device(world.taken(receiver)) == published; }));
}

TEST_CASE("a webhook trusts no certificate but its authority's, and nothing is sent before") {
  WebhookWorld world;
  const TlsFiles right = make_tls_files(world.dir, "right");
  const TlsFiles wrong = make_tls_files(world.dir, "wrong");
  RunningServer<httplib::SSLServer> server{right.server_cert.c_str(), right.server_key.c_str()};
  std::atomic<int> calls = 0;
  server->Post(".*", [&](const httplib::Request&, httplib::Response&) { ++calls; });
  server.start();
  const std::string url = fmt::format("https://127.0.0.1:{}/hook", server.port());
  const auto trusting = [&](const TlsFiles& files) {
    return world.section("ops", url, "ca_file = \"" + files.ca + "\"");
  };
  Daemon daemon{world.dir, world.broker.url(), world.with_webhooks(trusting(wrong))};
  daemon.wait_online();
  world.report_unknown(2);
  REQUIRE(daemon.wait_for_log("the certificate is refused"));
  CHECK(calls == 0);
  world.reload(daemon, trusting(right));
  REQUIRE(eventually([&] { return calls == 2; }));
}

TEST_CASE("a stop does not wait for a receiver that hangs, and the event is sent again") {
  WebhookWorld world;
  WebhookReceiver receiver;
  receiver.react(
      [](const WebhookCall&) { return WebhookReaction{.bytes = "", .then = Then::hang}; });
  Daemon daemon{world.dir, world.broker.url(),
                world.with_webhooks(world.section("ops", receiver.url()))};
  std::string slow = world.section("ops", receiver.url());
  slow.replace(slow.find("\"1s\""), 4, "\"5m\"");
  daemon.wait_online();
  world.reload(daemon, slow);
  world.report_unknown(1);
  REQUIRE(receiver.wait_calls(1));
  CHECK(daemon.process().terminate(std::chrono::seconds{10}) == 0);
  receiver.react([](const WebhookCall&) { return answer_with(200); });
  daemon.start();
  REQUIRE(receiver.wait_taken(1));
  CHECK(receiver.calls()[0].id() == receiver.taken()[0].id());
}
