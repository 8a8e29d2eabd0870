// SPDX-License-Identifier: Apache-2.0
// The event stream of a running daemon: live, resumed, with a gap said, and a reader that does not
// read.
#include <deque>

#include "system/api_world.h"

using namespace iotcard;

namespace {

struct StreamWorld : ApiWorld {
  explicit StreamWorld(const std::string& retention = "") : ApiWorld(retention, "retention") {}
  std::unique_ptr<HttpConnection> follow(const std::string& last_id = "") {
    auto stream = std::make_unique<HttpConnection>(daemon.api_port());
    std::map<std::string, std::string> headers;
    if (!last_id.empty()) headers["Last-Event-ID"] = last_id;
    stream->send({.target = "/event/stream", .headers = headers});
    REQUIRE(stream->read_until(": still here\n\n"));
    return stream;
  }
};

// Of the event about a device.
std::string id_before(const std::string& text, const std::string& device) {
  const std::size_t about = text.find("\"subject\":\"1/" + device + "\"");
  REQUIRE(about != std::string::npos);
  const std::size_t id = text.rfind("id: ", about);
  return text.substr(id + 4, text.find('\n', id) - id - 4);
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("events arrive as they are acknowledged, and a stream is resumed where it was left") {
  StreamWorld world;
  auto first = world.follow();
  CHECK(contains(first->received(), "Content-Type: text/event-stream\r\n"));
  world.report("D1", documented_payload);
  REQUIRE(first->read_until("\"subject\":\"1/D1\""));
  CHECK(
      contains(first->received(), "event: mismatch.card_unknown\ndata: {\"specversion\":\"1.0\""));
  const std::string id = id_before(first->received(), "D1");
  CHECK(contains(first->received(), "\"id\":\"" + id + "\""));
  first.reset();

  world.report("D2", documented_payload);
  world.report("D3", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D3"));
  auto second = world.follow(id);
  REQUIRE(second->read_until("\"subject\":\"1/D3\""));
  CHECK(contains(second->received(), "\"subject\":\"1/D2\""));
  CHECK_FALSE(contains(second->received(), "\"subject\":\"1/D1\""));
  CHECK_FALSE(contains(second->received(), "event: gap"));

  // By the parameter too, for a page that cannot set the header.
  HttpConnection third{world.daemon.api_port()};
  third.send({.target = "/event/stream?lastEventId=" + id_before(second->received(), "D2")});
  REQUIRE(third.read_until("\"subject\":\"1/D3\""));
  CHECK_FALSE(contains(third.received(), "\"subject\":\"1/D2\""));

  auto fourth = world.follow("another-store:1");
  REQUIRE(fourth->read_until("\"reason\":\"other_store\""));
}

TEST_CASE("without a history another run knows nothing of what was before it, and says so") {
  StreamWorld world{"events = 0"};
  auto first = world.follow();
  world.report("D1", documented_payload);
  REQUIRE(first->read_until("\"subject\":\"1/D1\""));
  const std::string id = id_before(first->received(), "D1");
  first.reset();
  CHECK(world.daemon.terminate() == 0);
  world.daemon.start();
  world.daemon.wait_online();
  auto second = world.follow(id);
  REQUIRE(second->read_until("event: gap\n"));
  CHECK(contains(second->received(), "\"reason\":\"restarted\""));
}

TEST_CASE("an event that is published again after the broker was away is in the stream once") {
  StreamWorld world;
  auto stream = world.follow();
  world.report("D1", documented_payload);
  REQUIRE(stream->read_until("\"subject\":\"1/D1\""));
  world.forget();
  world.broker.kill();
  add_card(world.dir, world.daemon, "89860429362000000971");
  REQUIRE(ctl(world.dir, world.daemon, {"bind", "1/D2", "89860429362000000971"}).status == 0);
  world.broker.start();
  world.watch();
  REQUIRE(stream->read_until("\"subject\":\"1/D2\""));
  world.report("D3", documented_payload);
  REQUIRE(stream->read_until("\"subject\":\"1/D3\""));
  CHECK(times(stream->received(), "\"type\":\"iotcard.binding.created\"") == 1);
  CHECK(times(stream->received(), "\"subject\":\"1/D1\"") == 1);
}

TEST_CASE("the daemon stops at once with streams and idle connections open") {
  StreamWorld world;
  auto stream = world.follow();
  HttpConnection idle{world.daemon.api_port()};
  HttpConnection half{world.daemon.api_port()};
  half.send("GET /heal");
  const auto began = std::chrono::steady_clock::now();
  CHECK(world.daemon.terminate() == 0);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{8});
  CHECK(stream->ends());
  CHECK(idle.ends());
  CHECK(contains(world.daemon.log(), "stopped; "));
}

TEST_CASE("sixteen streams are allowed, and other requests are answered besides") {
  StreamWorld world;
  std::deque<std::unique_ptr<HttpConnection>> streams;
  for (int i = 0; i < 16; ++i) streams.push_back(world.follow());
  CHECK(http_get(world.daemon.api_port(), "/event/stream").status == 503);
  CHECK(http_get(world.daemon.api_port(), "/healthz").status == 200);
  streams.pop_front();
  CHECK(eventually([&] {  // its place is free when it is found to be gone
    HttpConnection another{world.daemon.api_port()};
    another.send({.target = "/event/stream"});
    return another.read_until(": still here", std::chrono::milliseconds{500});
  }));
}

TEST_CASE("a client that does not read is disconnected, and others get their events meanwhile") {
  StreamWorld world;
  HttpConnection stuck{world.daemon.api_port(), 4096};
  stuck.send({.target = "/event/stream"});
  REQUIRE(stuck.read_until(": still here"));
  auto live = world.follow();
  std::deque<std::unique_ptr<HttpConnection>> others;
  for (int i = 0; i < 14; ++i) others.push_back(world.follow());
  CHECK(http_get(world.daemon.api_port(), "/event/stream").status == 503);

  // More than the sockets in between take.
  for (int i = 0; i < 3000; ++i) world.report("S" + std::to_string(i % 50), documented_payload);
  world.report("FULL", documented_payload);
  CHECK(live->read_until("\"subject\":\"1/FULL\"", std::chrono::seconds{60}));
  // They read; the one that does not has lost its place.
  CHECK(eventually(std::chrono::seconds{60}, [&] {
    for (const auto& other : others) other->read_until("never", std::chrono::milliseconds{1});
    HttpConnection another{world.daemon.api_port()};
    another.send({.target = "/event/stream"});
    return another.read_until(": still here", std::chrono::milliseconds{200});
  }));
  world.report("LAST", documented_payload);
  CHECK(live->read_until("\"subject\":\"1/LAST\""));
  CHECK(stuck.ends());
  CHECK_FALSE(contains(stuck.received(), "\"subject\":\"1/FULL\""));
}
