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

TEST_CASE("the ring is searched backwards for events that match") {
  EventRing ring;
  const auto event = [](const std::string& number) {
    return event_json({EventKind::report_no_card, DeviceKey{"1", number}, {}, Instant{}, "{}"});
  };
  for (const std::int64_t sequence : {5, 6, 9}) {
    ring.push({sequence, "report.no_card", event(sequence == 6 ? "D6" : "D")});
  }
  const auto found = [&](const EventFilter& filter, std::int64_t before, std::size_t max_events) {
    return sequences(ring.find(EventMatcher{filter}, before, max_events));
  };
  CHECK(found({}, INT64_MAX, 9) == std::vector<std::int64_t>{9, 6, 5});
  CHECK(found({}, INT64_MAX, 2) == std::vector<std::int64_t>{9, 6});
  CHECK(found({}, 9, 9) == std::vector<std::int64_t>{6, 5});
  CHECK(found({.device = DeviceKey{"1", "D6"}}, INT64_MAX, 9) == std::vector<std::int64_t>{6});
}

namespace {

// A history of the sequences 1 to 200, of which those up to `deleted` are gone.
EventStreams::History history(std::int64_t deleted) {
  return [deleted](std::int64_t sequence) {
    EventsBehind behind{
        .rows = {}, .complete_after = deleted, .oldest = deleted + 1, .newest = 200, .last = 205};
    for (std::int64_t i = std::max(sequence, deleted) + 1; i <= 200 && behind.rows.size() < 64;
         ++i) {
      behind.rows.push_back({i, "", R"({"specversion":"1.0","type":"iotcard.binding.created"})"});
    }
    return behind;
  };
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("what the ring no longer has comes from the history, without a gap") {
  EventStreams streams{"store", 16};
  streams.set_history(history(10));
  const std::string resumed = begin_of_stream(streams, "store:10", 5);
  CHECK(resumed.find("gap") == std::string::npos);
  CHECK(count(resumed, "event: binding.created\n") == 190);
  CHECK(resumed.find("id: store:11\n") != std::string::npos);
  CHECK(resumed.find("id: store:200\n") != std::string::npos);
  // Acknowledged by the broker just before the daemon ended, and not recorded: it comes again.
  CHECK(begin_of_stream(streams, "store:203", 1).find("gap") == std::string::npos);
  // A gap only if the history does not reach back either.
  const std::string missed = begin_of_stream(streams, "store:9", 5);
  CHECK(missed.find("event: gap\ndata: {\"reason\":\"expired\",\"last_event_id\":\"store:9\","
                    "\"oldest\":\"store:11\",\"newest\":\"store:200\"}") != std::string::npos);
  CHECK(count(missed, "event: binding.created\n") == 190);
  CHECK(begin_of_stream(streams, "store:206", 1).find("\"reason\":\"restarted\"") !=
        std::string::npos);
}

TEST_CASE("a stream ends when retention deletes what it was to send next") {
  EventStreams streams{"store", 16};
  std::int64_t deleted = 10;
  streams.set_history([&](std::int64_t sequence) { return history(deleted)(sequence); });
  std::string text;
  int writes = 0;
  streams.stream("store:20", {})([&](std::string_view bytes) {
    text += bytes;
    if (++writes == 2) deleted = 150;  // behind the first page
    return true;
  });
  CHECK(text.find("id: store:21\n") != std::string::npos);
  CHECK(text.find("id: store:151\n") == std::string::npos);
  const std::string resumed = begin_of_stream(streams, "store:84", 2);
  CHECK(resumed.find("\"reason\":\"expired\"") != std::string::npos);
  CHECK(resumed.find("id: store:151\n") != std::string::npos);
}

TEST_CASE("a stream goes over from the history to the ring, each event once") {
  EventStreams streams{"store", 16};
  streams.set_history(history(0));
  for (const std::int64_t sequence : {199, 200, 201}) {
    streams.ring().push({sequence, "binding.created", "{}"});
  }
  const std::string text = begin_of_stream(streams, "store:150", 3);
  for (const char* id : {"id: store:151\n", "id: store:200\n", "id: store:201\n"}) {
    CAPTURE(id);
    CHECK(count(text, id) == 1);
  }
  CHECK(text.find("id: store:150\n") == std::string::npos);
}

TEST_CASE("a stream with a filter sends the events that match") {
  EventStreams streams{"store", 16};
  const auto event = [](const std::string& number) {
    return event_json({EventKind::report_no_card, DeviceKey{"1", number}, {}, Instant{}, "{}"});
  };
  for (const std::int64_t sequence : {7, 8, 9}) {
    streams.ring().push({sequence, "report.no_card", event(sequence == 8 ? "D8" : "D")});
  }
  std::string text;
  int writes = 2;
  streams.stream("store:7", {.device = DeviceKey{"1", "D8"}})([&](std::string_view bytes) {
    text += bytes;
    return --writes > 0;
  });
  CHECK(text.find("id: store:8\n") != std::string::npos);
  CHECK(text.find("id: store:9\n") == std::string::npos);
}

TEST_CASE("a client learns the id of events that its filter passes over") {
  EventStreams streams{"store", 1};
  streams.ring().push({1, "a.b", "{}"});
  EventFilter none;
  none.device = DeviceKey{"1", "D1"};
  int writes = 0;
  std::string text;
  streams.stream("", none)([&](std::string_view bytes) {
    text += bytes;
    if (++writes == 1) streams.ring().push({2, "a.b", "{}"});  // the client is there, and waits
    return text.find("id: ") == std::string::npos && writes < 100;
  });
  CHECK(text == ": still here\n\n: still here\nid: store:2\n\n");
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
