// SPDX-License-Identifier: Apache-2.0
// Each rule of delivery, on a clock of the test's, a receiver that is told what to answer, and
// events in memory.
#include "webhook/webhook_delivery.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <numeric>
#include <optional>

#include "base/breaker.h"
#include "unit/scripted_http.h"

using namespace iotcard;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

constexpr const char* secret = "a secret of thirty-two bytes....";
using Numbers = std::vector<std::int64_t>;

struct SetClock : Clock {
  Instant now() const override { return time; }
  Instant time = *parse_time("2026-11-23T12:00:00Z");
};

// The store in memory.
struct MemoryEvents : WebhookEvents {
  Progress load() override { return saved; }
  std::vector<OutboxRow> next(std::int64_t after, int limit, const WantsTopic& wants) override {
    if (broken) throw StoreError{StoreError::Kind::unavailable, "the disk is full"};
    std::vector<OutboxRow> found;
    for (const OutboxRow& row : rows) {
      if (row.sequence <= after || std::ssize(found) == limit) continue;
      const bool wanted = !wants || wants(row.topic);
      found.push_back(wanted ? row : OutboxRow{row.sequence, {}, {}});
    }
    return found;
  }
  void save(const Progress& progress) override {
    if (broken) throw StoreError{StoreError::Kind::unavailable, "the disk is full"};
    ++saves;
    saved = progress;
  }
  void set_aside(const Progress& progress, const QuarantinedEvent& event) override {
    save(progress);
    quarantine.push_back(event);
  }

  void add(std::int64_t sequence, const std::string& kind = "mismatch/card_unknown") {
    rows.push_back(
        {sequence, fmt::format("event/{}/1/D{}", kind, sequence % 2),
         fmt::format(R"({{"specversion":"1.0","id":"5:{}","source":"iotcardd"}})", sequence)});
  }

  std::vector<OutboxRow> rows;
  std::vector<QuarantinedEvent> quarantine;
  Progress saved{.row = {.name = "ops"}};
  int saves = 0;
  bool broken = false;
};

struct Bench {
  explicit Bench(int count = 0) {
    for (int i = 1; i <= count; ++i) events.add(i);
    http.handler = [this](const HttpRequest& request) { return answer(number_of(request)); };
  }

  static std::int64_t number_of(const HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
      if (name == "webhook-id") return std::stoll(value.substr(value.find(':') + 1));
    }
    return 0;
  }
  static ScriptedHttp::Answer status(int number, const std::string& body = "",
                                     const std::string& retry_after = "") {
    HttpResponse response{number, {}, body};
    if (!retry_after.empty()) response.headers.emplace_back("retry-after", retry_after);
    return response;
  }

  WebhookDelivery& delivery() {
    if (!delivery_) {
      delivery_.emplace(
          Webhook{settings, {secret, secret}},
          WebhookDelivery::Ports{
              .clock = clock,
              .http = http,
              .events = events,
              .random = [] { return std::uint32_t{0}; },
              .log = [this](LogLevel, const std::string& text) { log += text + '\n'; }});
    }
    return *delivery_;
  }
  void restart() { delivery_.reset(); }

  // Does what is due within this time; the clock is then where the last step was.
  void run(Duration length = {}) {
    const Instant end = clock.time + length;
    for (Instant next = clock.time; next <= end; next = delivery().step()) {
      clock.time = std::max(next, clock.time);
    }
  }
  // Passes waits until so many requests were sent.
  void run_requests(std::size_t count) {
    while (http.requests.size() < count) clock.time = std::max(delivery().step(), clock.time);
  }

  Numbers sent() const {
    Numbers numbers;
    for (const HttpRequest& request : http.requests) numbers.push_back(number_of(request));
    return numbers;
  }
  WebhookRow stored() {
    delivery().save();
    return events.saved.row;
  }

  WebhookSettings settings{
      .name = "ops", .url = "https://ops.example/hooks/T0P-S3CRET", .secret_file = "/s"};
  SetClock clock;
  MemoryEvents events;
  ScriptedHttp http;
  std::function<ScriptedHttp::Answer(std::int64_t)> answer = [](std::int64_t) {
    return status(204);
  };
  std::string log;

 private:
  std::optional<WebhookDelivery> delivery_;
};

}  // namespace

TEST_CASE("a webhook sends each event once, in order, as CloudEvents with a signature") {
  Bench bench{3};
  bench.run();
  CHECK(bench.sent() == Numbers{1, 2, 3});
  const HttpRequest& request = bench.http.requests[0];
  CHECK(request.method == "POST");
  CHECK(request.url == bench.settings.url);
  CHECK(request.body == R"({"specversion":"1.0","id":"5:1","source":"iotcardd"})");
  const std::int64_t seconds = to_unix_millis(bench.clock.time) / 1000;
  CHECK(request.headers == std::vector<std::pair<std::string, std::string>>{
                               {"Content-Type", "application/cloudevents+json"},
                               {"webhook-id", "5:1"},
                               {"webhook-timestamp", std::to_string(seconds)},
                               {"webhook-signature", webhook_signature({secret, secret}, "5:1",
                                                                       seconds, request.body)}});
  CHECK(bench.stored().sent == 3);
  CHECK(bench.events.saved.position == 3);
}

TEST_CASE("only the kinds of a webhook are sent, and the position passes the others") {
  Bench bench;
  bench.settings.kinds = {"mismatch.card_in_use", "card.abnormal"};
  bench.events.add(1, "binding/confirmed");
  bench.events.add(2, "mismatch/card_in_use");
  bench.events.add(3, "card/abnormal");
  for (int i = 4; i <= 200; ++i) bench.events.add(i, "binding/confirmed");
  bench.run();
  CHECK(bench.sent() == Numbers{2, 3});
  bench.delivery().save();
  CHECK(bench.events.saved.position == 200);
}

TEST_CASE("an event that fails is sent again before any other, with waits that grow") {
  Bench bench{2};
  int failures = 4;
  bench.answer = [&](std::int64_t) { return Bench::status(failures-- > 0 ? 500 : 200); };
  std::vector<Duration> waits;
  while (bench.http.requests.size() < 6) {
    const Instant next = bench.delivery().step();
    if (next > bench.clock.time) waits.push_back(next - bench.clock.time);
    bench.clock.time = std::max(next, bench.clock.time);
  }
  CHECK(bench.sent() == Numbers{1, 1, 1, 1, 1, 2});
  CHECK(std::accumulate(waits.begin(), waits.end(), Duration{}) == 500ms + 1s + 2s + 4s);
  CHECK(bench.stored().failed == 4);
  CHECK(bench.stored().sent == 2);
}

TEST_CASE("what may work later is sent again: no answer, redirects, 408, 429 and 5xx") {
  for (const ScriptedHttp::Answer& failure : std::vector<ScriptedHttp::Answer>{
           HttpError::Kind::unreachable, HttpError::Kind::timeout, HttpError::Kind::tls,
           HttpError::Kind::too_large, Bench::status(301), Bench::status(307), Bench::status(408),
           Bench::status(429), Bench::status(500), Bench::status(502), Bench::status(599)}) {
    Bench bench{2};
    int failures = 30;
    bench.answer = [&](std::int64_t) { return failures-- > 0 ? failure : Bench::status(200); };
    bench.run_requests(32);
    CHECK(bench.stored().sent == 2);
    CHECK(bench.events.quarantine.empty());
    CHECK(bench.sent().back() == 2);
  }
}

TEST_CASE("a redirect says that the new address belongs into url") {
  Bench bench{1};
  bench.answer = [](std::int64_t) { return Bench::status(308); };
  bench.run_requests(1);
  CHECK_THAT(bench.stored().health.failure, Contains("308") && Contains("url"));
}

TEST_CASE(
    "Retry-After of a webhook's receiver is kept to, as seconds and as a date, at most an hour") {
  for (const auto& [text, wait] : std::vector<std::pair<std::string, Duration>>{
           {"7", 7s}, {"Mon, 23 Nov 2026 12:00:09 GMT", 9s}, {"999999999", 1h}, {"soon", 500ms}}) {
    INFO(text);
    Bench bench{1};
    bench.answer = [text = text](std::int64_t) { return Bench::status(503, "", text); };
    bench.run_requests(1);
    CHECK(*bench.stored().health.next_try - bench.clock.time == wait);
  }
}

TEST_CASE("a receiver that refuses one event five times gets the next one at once") {
  Bench bench{4};
  bench.answer = [](std::int64_t number) {
    return number == 2 ? Bench::status(400, "what is this?") : Bench::status(200);
  };
  bench.run(1min);
  CHECK(bench.sent() == Numbers{1, 2, 2, 2, 2, 2, 3, 4});
  REQUIRE(bench.events.quarantine.size() == 1);
  const QuarantinedEvent& event = bench.events.quarantine[0];
  CHECK(event.topic == "event/mismatch/card_unknown/1/D0");
  CHECK_THAT(event.payload, Contains(R"("id":"5:2")"));
  CHECK(event.reason == "webhook ops: the receiver answered 400: what is this?");
  const WebhookRow row = bench.stored();
  CHECK(row.set_aside == 1);
  CHECK(row.sent == 3);
  CHECK_FALSE(row.failing_since);
  CHECK_THAT(bench.log, Contains("set aside event 5:2 after 5 tries"));
}

TEST_CASE("many refused events do not slow each other down, and the log has one line") {
  Bench bench{20};
  bench.answer = [](std::int64_t) { return Bench::status(422); };
  const Instant before = bench.clock.time;
  bench.run(20 * 10s);
  CHECK(bench.events.quarantine.size() == 20);
  CHECK(bench.stored().failing_since == before);
  const std::size_t first = bench.log.find("set aside");
  CHECK(first != std::string::npos);
  CHECK(bench.log.find("set aside", first + 1) == std::string::npos);
}

TEST_CASE("a failure between two refusals does not make an event blameless") {
  Bench bench{2};
  int tries = 0;
  bench.answer = [&](std::int64_t number) {
    return number == 2 ? Bench::status(200) : Bench::status(++tries % 2 == 0 ? 503 : 400);
  };
  bench.run(1h);
  CHECK(bench.events.quarantine.size() == 1);
  CHECK(tries == 9);  // 400 503 400 503 400 503 400 503 400
}

TEST_CASE("410 Gone ends a webhook until it is loaded again, and loses no event") {
  Bench bench{3};
  bool gone = true;
  bench.answer = [&](std::int64_t number) {
    return gone && number == 2 ? Bench::status(410) : Bench::status(200);
  };
  bench.run(30s);
  CHECK(bench.sent() == Numbers{1, 2});
  CHECK(bench.stored().gone_at);
  CHECK_THAT(bench.log, Contains("410") && Contains("loaded again"));
  bench.run(24h);
  CHECK(bench.sent().size() == 2);
  gone = false;
  bench.restart();
  bench.run();
  CHECK(bench.sent() == Numbers{1, 2, 2, 3});
  CHECK_FALSE(bench.stored().gone_at);
}

TEST_CASE("a webhook that was loaded again tries at once, whatever its receiver asked for before") {
  Bench bench{1};
  bench.answer = [](std::int64_t) { return Bench::status(503, "", "3600"); };
  bench.run(10min);
  CHECK(bench.sent().size() == 1);
  bench.delivery().save();
  bench.restart();
  bench.answer = [](std::int64_t) { return Bench::status(200); };
  bench.run();
  CHECK(bench.sent() == Numbers{1, 1});
}

TEST_CASE("after five failures in a row the breaker is open, and one success closes it") {
  Bench bench{1};
  bench.answer = [](std::int64_t) { return HttpError::Kind::unreachable; };
  bench.run_requests(failures_to_open);
  CHECK(is_open(bench.stored().health));
  CHECK(bench.stored().failing_since == *parse_time("2026-11-23T12:00:00Z"));
  CHECK_THAT(bench.log, Contains("failed 5 times in a row"));
  bench.answer = [](std::int64_t) { return Bench::status(200); };
  bench.run(1min);
  CHECK_FALSE(is_open(bench.stored().health));
  CHECK_FALSE(bench.stored().failing_since);
  CHECK_THAT(bench.log, Contains("takes events again"));
}

TEST_CASE("progress is stored once a second at most, and what is not stored is sent again") {
  Bench bench{500};
  bench.run();
  CHECK(bench.sent().size() == 500);
  CHECK(bench.events.saves <= 1);
  bench.events.saved.position = 490;  // as if the process had ended before the last write
  bench.restart();
  bench.run();
  Numbers all = bench.sent();
  CHECK(Numbers(all.begin() + 500, all.end()) ==
        Numbers{491, 492, 493, 494, 495, 496, 497, 498, 499, 500});
}

TEST_CASE("an interrupted request counts as none") {
  Bench bench{1};
  bench.answer = [](std::int64_t) { return HttpError::Kind::interrupted; };
  bench.delivery().step();
  CHECK(bench.stored().failed == 0);
  CHECK(bench.events.saved.position == 0);
}

TEST_CASE("a store that cannot be used loses nothing") {
  Bench bench{3};
  bench.run();
  bench.events.broken = true;
  bench.clock.time += 2s;
  CHECK_THROWS_AS(bench.delivery().step(), StoreError);
  bench.events.add(4);
  bench.events.broken = false;
  bench.run();
  CHECK(bench.sent() == Numbers{1, 2, 3, 4});
}

TEST_CASE("an event that is set aside while the store fails is set aside once") {
  Bench bench{2};
  bench.answer = [&](std::int64_t number) {
    return number == 1 ? Bench::status(400) : Bench::status(200);
  };
  bench.run_requests(4);
  bench.events.broken = true;
  CHECK_THROWS_AS(bench.run(1min), StoreError);
  bench.events.broken = false;
  bench.run(1min);
  CHECK(bench.events.quarantine.size() == 1);
  CHECK(bench.stored().set_aside == 1);
  CHECK(bench.sent().back() == 2);
}

TEST_CASE("a clock that is set back ends a webhook's wait") {
  Bench bench{1};
  bench.answer = [](std::int64_t) { return Bench::status(503, "", "3600"); };
  bench.run_requests(1);
  bench.clock.time -= 24h;
  bench.answer = [](std::int64_t) { return Bench::status(200); };
  bench.run();
  CHECK(bench.sent().size() == 2);
}

TEST_CASE("no secret of a webhook is in its log, its failure or the quarantine") {
  Bench bench{1};
  bench.answer = [](std::int64_t) {
    return Bench::status(404, fmt::format("no {} at /hooks/T0P-S3CRET\r\nX: y", secret));
  };
  bench.run(1min);
  const std::string all =
      bench.log + bench.stored().health.failure + bench.events.quarantine.at(0).reason;
  CHECK_THAT(all, !Contains("S3CRET") && !Contains(secret));
  CHECK_THAT(bench.events.quarantine[0].reason, !Contains("\n"));
}

TEST_CASE("a webhook on this host is asked without a proxy, others as the environment says") {
  WebhookSettings settings{.name = "ops", .url = "http://127.0.0.1:8090/", .secret_file = ""};
  CHECK_FALSE(webhook_http_options(settings).use_proxy);
  settings.allow_insecure = true;
  settings.url = "http://receiver.example/";
  CHECK(webhook_http_options(settings).use_proxy);
  settings.url = "https://receiver.example/";
  settings.allow_insecure = false;
  CHECK(webhook_http_options(settings).use_proxy);
}
