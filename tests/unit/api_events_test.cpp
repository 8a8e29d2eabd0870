// SPDX-License-Identifier: Apache-2.0
// The events that are kept for those who follow them, and how a stream begins.
#include <catch2/catch.hpp>
#include <thread>

#include "api/event_ring.h"
#include "api/event_stream.h"

using namespace iotcard;

namespace {

constexpr std::chrono::milliseconds at_once{0};

std::vector<std::int64_t> sequences(const std::optional<EventRing::Events>& events) {
  std::vector<std::int64_t> found;
  for (const auto& event : events.value()) found.push_back(event->sequence);
  return found;
}

// What a client that has seen `last_id` is sent, up to `count` writes.
std::string begin_of_stream(EventStreams& streams, const std::string& last_id, int count) {
  std::string text;
  streams.stream(last_id)([&](std::string_view bytes) {
    text += bytes;
    return bytes.empty() || --count > 0;
  });
  return text;
}

}  // namespace

TEST_CASE("the ring keeps the newest events, bounded by number and by bytes") {
  EventRing ring{{.events = 3, .bytes = 100}};
  CHECK(ring.span().newest == 0);
  for (const std::int64_t sequence : {5, 6, 9, 12}) ring.push({sequence, "a.b", "{}"});
  CHECK(ring.span().oldest == 6);
  CHECK(ring.span().newest == 12);
  CHECK(ring.span().dropped == 5);
  CHECK(sequences(ring.wait(6, 10, at_once)) == std::vector<std::int64_t>{9, 12});
  CHECK(sequences(ring.wait(7, 1, at_once)) == std::vector<std::int64_t>{9});
  CHECK(sequences(ring.wait(12, 10, at_once)).empty());
  CHECK_FALSE(ring.wait(4, 10, at_once));  // 5 is gone
  ring.push({13, "a.b", std::string(97, 'x')});
  CHECK(ring.span().oldest == 13);
  ring.push({20, "a.b", std::string(1000, 'x')});  // by itself too much: the newest stays
  CHECK(ring.span().oldest == 20);
}

TEST_CASE("an event that is pushed twice is in the ring once") {
  EventRing ring;
  ring.push({5, "a.b", "{}"});
  ring.push({5, "a.b", "{}"});
  ring.push({4, "a.b", "{}"});
  CHECK(sequences(ring.wait(0, 10, at_once)) == std::vector<std::int64_t>{5});
}

TEST_CASE("waiting for an event ends when one comes and when the ring closes") {
  EventRing ring;
  std::thread other{[&] { ring.push({1, "a.b", "{}"}); }};
  CHECK(sequences(ring.wait(0, 10, std::chrono::seconds{20})) == std::vector<std::int64_t>{1});
  other.join();
  std::thread closing{[&] { ring.close(); }};
  CHECK(ring.wait(1, 10, std::chrono::seconds{20})->empty());
  closing.join();
  CHECK(ring.closed());
}

TEST_CASE("a stream continues after the last event that the client has seen") {
  EventStreams streams{"store", 16};
  for (const std::int64_t sequence : {7, 8, 9}) {
    streams.ring().push({sequence, "binding.created", R"({"n":1})"});
  }
  CHECK(begin_of_stream(streams, "store:8", 2) ==
        ": still here\n\nid: store:9\nevent: binding.created\ndata: {\"n\":1}\n\n");
  CHECK(begin_of_stream(streams, "", 1) == ": still here\n\n");
  CHECK(streams.open() == 0);
}

TEST_CASE("a stream begins with a gap event if events are no longer in the ring") {
  EventStreams streams{"store", 16};
  // Nothing is known of before the start.
  CHECK(
      begin_of_stream(streams, "store:6", 1).find("event: gap\ndata: {\"reason\":\"restarted\"") !=
      std::string::npos);
  for (std::int64_t sequence = 7; sequence <= 10'008; ++sequence) {
    streams.ring().push({sequence, "binding.created", "{}"});
  }
  const std::string expired = begin_of_stream(streams, "store:7", 2);
  CHECK(expired.find("event: gap\ndata: {\"reason\":\"expired\",\"last_event_id\":\"store:7\","
                     "\"oldest\":\"store:9\",\"newest\":\"store:10008\"}\n\nid: store:9\n") !=
        std::string::npos);
  CHECK(begin_of_stream(streams, "store:8", 2).find("gap") == std::string::npos);
  // Seen in another life of a store that has been restored since.
  CHECK(begin_of_stream(streams, "store:99999", 1).find("\"reason\":\"restarted\"") !=
        std::string::npos);
  for (const char* other :
       {"another:9", "9", "store:", "store:x", "store:-1", "store:9 ", "storee:9"}) {
    CAPTURE(other);
    const std::string text = begin_of_stream(streams, other, 2);
    CHECK(text.find("event: gap\ndata: {\"reason\":\"other_store\"") != std::string::npos);
    CHECK(text.find("id: store:9\n") != std::string::npos);
  }
}

TEST_CASE("the number of streams is bounded") {
  EventStreams streams{"store", 2};
  auto first = streams.stream("");
  const auto second = streams.stream("");
  CHECK_THROWS_AS(streams.stream(""), ApiError);
  first = nullptr;
  CHECK_NOTHROW(streams.stream(""));
  CHECK(streams.open() == 1);
}
