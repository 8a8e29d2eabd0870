// SPDX-License-Identifier: Apache-2.0
// Webhooks as an operator has them: configured, reloaded, watched, and verified by a receiver.
#include "support/http_client.h"
#include "system/webhook_world.h"

using namespace iotcard;

namespace {

std::string metrics_of(const Daemon& daemon) {
  HttpConnection connection{daemon.api_port()};
  connection.send(HttpCall{.target = "/metrics"});
  return connection.read_reply().body;
}

// The code of the section "Webhooks" in docs/operations.md.
std::string documented_python() {
  const std::string text = read_file(IOTCARD_SOURCE_DIR "/docs/operations.md");
  const std::string fence = "```python\n";
  const std::size_t begin = text.find(fence, text.find("## Webhooks"));
  REQUIRE(begin != std::string::npos);
  const std::size_t code = begin + fence.size();
  return text.substr(code, text.find("```", code) - code);
}

}  // namespace

TEST_CASE("a new webhook begins with the next event, and a changed one goes on where it was") {
  WebhookWorld world;
  WebhookReceiver first;
  WebhookReceiver second;
  Daemon daemon{world.dir, world.broker.url(),
                world.with_webhooks(world.section("ops", first.url()))};
  daemon.wait_online();
  world.report_unknown(2);
  REQUIRE(first.wait_taken(2));
  // One more, and the first at another address while its receiver is gone.
  world.reload(daemon, world.section("ops", "http://127.0.0.1:1/hook") +
                           world.section("pager", second.url(), "kinds = [\"mismatch\"]"));
  world.report_unknown(2);
  REQUIRE(second.wait_taken(2));
  REQUIRE(daemon.wait_for_log("webhook ops:"));
  world.reload(daemon, world.section("pager", second.url()));  // without the first
  world.report_unknown(2);
  REQUIRE(second.wait_taken(4));
  world.reload(daemon, world.section("ops", first.url()) + world.section("pager", second.url()));
  REQUIRE(first.wait_taken(6));
  const auto published = world.published(6);
  CHECK(ids_by_device(world.taken(first)) == ids_by_device(published));
  CHECK(ids_by_device(world.taken(second)) ==
        ids_by_device({published.begin() + 2, published.end()}));
}

TEST_CASE("a receiver that is gone gets nothing until a reload, and then all") {
  WebhookWorld world;
  WebhookReceiver receiver;
  receiver.react([](const WebhookCall&) { return answer_with(410); });
  const std::string section = world.section("ops", receiver.url());
  Daemon daemon{world.dir, world.broker.url(), world.with_webhooks(section)};
  daemon.wait_online();
  world.report_unknown(2);
  REQUIRE(daemon.wait_for_log("the receiver answered 410"));
  receiver.react([](const WebhookCall&) { return answer_with(200); });
  world.report_unknown(2);
  REQUIRE(eventually([&] {
    const auto doctor = ctl(world.dir, daemon, {"doctor", "--json"});
    return doctor.out.find("410 Gone") != std::string::npos && doctor.status == 1 &&
           doctor.out.find("4 events wait") != std::string::npos;
  }));
  CHECK(receiver.calls().size() == 1);
  world.reload(daemon, section);
  REQUIRE(receiver.wait_taken(4));
  CHECK(ids_by_device(world.taken(receiver)) == ids_by_device(world.published(4)));
}

TEST_CASE("metrics and doctor show how a webhook fares, and no secret") {
  WebhookWorld world;
  WebhookReceiver receiver;
  const std::string token = "T0K3N-0F-THE-PATH";
  std::string url = receiver.url() + "/" + token + "?key=" + token;
  Daemon daemon{world.dir, world.broker.url(), world.with_webhooks(world.section("ops", url))};
  daemon.wait_online();
  receiver.react(
      [](const WebhookCall& call) { return answer_with(500, "", "cannot POST " + call.path); });
  world.report_unknown(3);
  std::string metrics;
  const auto shows = [&](const std::string& line) {
    return metrics.find(line) != std::string::npos;
  };
  REQUIRE(eventually([&] {
    metrics = metrics_of(daemon);
    return shows("iotcardd_webhook_backlog_events{webhook=\"ops\"} 3") &&
           shows("iotcardd_webhook_state{webhook=\"ops\",state=\"failing\"} 1");
  }));
  std::string seen = ctl(world.dir, daemon, {"doctor", "--json", "--webhooks"}).out;
  const std::string status = ctl(world.dir, daemon, {"status", "--json"}).out;
  CHECK(status.find(R"("name":"ops","state":")") != std::string::npos);
  CHECK(status.find(R"("backlog":3)") != std::string::npos);
  seen += status + ctl(world.dir, daemon, {"status"}).out;
  CHECK(seen.find("fails since") != std::string::npos);
  CHECK(seen.find("cannot POST") != std::string::npos);
  CHECK(seen.find("answers a GET with 500") != std::string::npos);
  receiver.react([](const WebhookCall&) { return answer_with(200); });
  REQUIRE(eventually([&] {
    metrics = metrics_of(daemon);
    return shows("iotcardd_webhook_sent_total{webhook=\"ops\"} 3") &&
           shows("iotcardd_webhook_backlog_events{webhook=\"ops\"} 0") &&
           shows("iotcardd_webhook_state{webhook=\"ops\",state=\"well\"} 1") &&
           shows("iotcardd_webhook_lost_total{webhook=\"ops\"} 0");
  }));
  seen += ctl(world.dir, daemon, {"doctor"}).out + metrics + daemon.log();
  CHECK(seen.find("last delivered an event") != std::string::npos);
  CHECK(seen.find(token) == std::string::npos);
  CHECK(seen.find(world.secret.substr(6)) == std::string::npos);
}

TEST_CASE("a webhook's secret that is missing or short is found by the check and by the start") {
  WebhookWorld world;
  Daemon::Options options = world.with_webhooks(world.section("ops", "https://ops.example/"));
  options.start = false;
  Daemon daemon{world.dir, world.broker.url(), options};
  const auto check = [&] {
    Process process{{.command = {IOTCARDD, "--check-config", "--config", daemon.config_path()},
                     .output = world.dir.file("check"),
                     .env = {},
                     .input = {}}};
    const auto status = process.wait();
    return std::to_string(status.value_or(-1)) + ": " + process.err();
  };
  CHECK_THAT(check(), Catch::Contains("0: "));
  write_file(world.secret_file, "too short a s3cret\n");
  CHECK_THAT(check(), Catch::Contains("3: ") && Catch::Contains("secret_file") &&
                          Catch::Contains("at least 24 bytes") && !Catch::Contains("s3cret"));
  daemon.start();
  CHECK(daemon.process().wait() == 3);
  std::filesystem::remove(world.secret_file);
  CHECK_THAT(check(), Catch::Contains("3: ") && Catch::Contains(world.secret_file));
}

TEST_CASE("a receiver verifies the signature with the lines of Python in the documents") {
  WebhookWorld world;
  Process python{{.command = {"python3", "-c", "import hmac"},
                  .output = world.dir.file("python"),
                  .env = {},
                  .input = {}}};
  if (python.wait() != 0) {
    WARN("not tested: there is no python3");
    return;
  }
  WebhookReceiver receiver;
  Daemon daemon{world.dir, world.broker.url(),
                world.with_webhooks(world.section("ops", receiver.url()))};
  daemon.wait_online();
  world.report_unknown(1);
  REQUIRE(receiver.wait_taken(1));
  const WebhookCall call = receiver.taken()[0];
  const std::string code = documented_python();
  CHECK(std::ranges::count(code, '\n') <= 11);
  write_file(world.dir.file("body"), call.body);
  std::string headers = "{";
  for (const auto& [name, value] : call.headers) {
    headers += fmt::format("'{}': '{}', ", name, value);
  }
  write_file(world.dir.file("verify.py"),
             code + fmt::format(R"(
headers = {}}}
body = open('{}', 'rb').read()
secret = open('{}').read().strip()
assert is_genuine(headers, body, secret)
assert not is_genuine(headers, body + b' ', secret)
assert not is_genuine(headers, body, 'whsec_' + base64.b64encode(b'another secret, long enough').decode())
assert not is_genuine(dict(headers, **{{'webhook-id': 'another'}}), body, secret)
assert not is_genuine(dict(headers, **{{'webhook-timestamp': '1'}}), body, secret)
)",
                                headers, world.dir.file("body"), world.secret_file));
  Process verify{{.command = {"python3", world.dir.file("verify.py")},
                  .output = world.dir.file("verify"),
                  .env = {},
                  .input = {}}};
  CHECK(verify.wait() == 0);
  CHECK(verify.err() == "");
}
