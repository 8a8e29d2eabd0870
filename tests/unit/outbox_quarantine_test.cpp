// SPDX-License-Identifier: Apache-2.0
// What the outbox publisher does with an event that the broker will not take.
#include <map>
#include <string>

#include "domain/event.h"
#include "unit/pipeline_bench.h"

using namespace iotcard;
using Catch::Contains;

namespace {

// Answers each message as the test wants, at once.
class AnsweringBroker : public Publisher {
 public:
  bool publish(std::int64_t sequence, const std::string& topic,
               const std::string& payload) override {
    {
      const std::lock_guard lock{mutex_};
      sent_[topic] = payload;
    }
    changed_.notify_all();
    const Delivery delivery = answer(topic);
    outbox->published(sequence, delivery, delivery == Delivery::acknowledged ? "" : "no");
    return true;
  }
  std::string wait_for(const std::string& topic) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, pipeline_patience, [&] { return sent_.contains(topic); });
    return sent_[topic];
  }

  OutboxPublisher* outbox = nullptr;
  std::function<Delivery(const std::string& topic)> answer = [](const std::string&) {
    return Delivery::acknowledged;
  };

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> sent_;  // by topic
};

void append_confirmed(Store& store, const std::string& number, const std::string& data = "{}") {
  append_event(store, {EventKind::binding_confirmed, DeviceKey{"1", number}, {}, Instant{}, data});
}

std::string topic_of(const std::string& number) {
  return "iotcard/event/binding/confirmed/1/" + number;
}

// The publisher's thread has the bench's own connection.
std::unique_ptr<Store> another(const Bench& bench) {
  return open_store("sqlite:" + (bench.folder / "cards.db").string());
}

}  // namespace

TEST_CASE("an event larger than the broker takes is quarantined, and the others are published") {
  Bench bench;
  append_confirmed(*bench.store, "A");
  append_confirmed(*bench.store, "B", "{\"x\":\"" + std::string(1000, 'x') + "\"}");
  append_confirmed(*bench.store, "C");
  AnsweringBroker broker;
  OutboxPublisher outbox{*bench.store, broker, bench.clock, client, "iotcard"};
  broker.outbox = &outbox;
  outbox.start();
  outbox.connected(500);
  CHECK_FALSE(broker.wait_for(topic_of("A")).empty());
  CHECK_FALSE(broker.wait_for(topic_of("C")).empty());
  wait_until([&] { return outbox.counts().quarantined == 1; });
  wait_until([&] { return outbox.idle(); });
  const auto kept = another(bench)->list_quarantined("", 9).rows;
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].topic == "event/binding/confirmed/1/B");
  CHECK_THAT(kept[0].reason, Contains("takes 500 at most"));
  CHECK(kept[0].at == bench.clock.now());
  CHECK(outbox.held().empty());
  CHECK(outbox.acknowledged() == 3);
  outbox.stop();
}

TEST_CASE("a quoted payload is shortened to what the broker takes") {
  Bench bench;
  const std::string payload(3900, 'x');
  append_event(*bench.store,
               rejection_event(DeviceKey{"1", "R"}, "/1/R/info/post",
                               {RejectionReason::truncated, 7}, payload, 3900, Instant{}));
  AnsweringBroker broker;
  OutboxPublisher outbox{*bench.store, broker, bench.clock, client, "iotcard"};
  broker.outbox = &outbox;
  outbox.start();
  outbox.connected(1000);
  const std::string topic = "iotcard/event/report/rejected/1/R";
  const std::string sent = broker.wait_for(topic);
  CHECK(topic.size() + sent.size() == 1000);
  CHECK_THAT(sent, Contains(R"("size":3900)") && Catch::EndsWith(R"(xx","payload_cut":true}})"));
  outbox.stop();
  CHECK(another(bench)->count_quarantined() == 0);
}

TEST_CASE("an event that the broker refuses for good is quarantined at once") {
  Bench bench;
  for (const char* number : {"A", "B", "C"}) append_confirmed(*bench.store, number);
  AnsweringBroker broker;
  broker.answer = [](const std::string& topic) {
    return topic == topic_of("B") ? Delivery::unacceptable : Delivery::acknowledged;
  };
  OutboxPublisher outbox{*bench.store, broker, bench.clock, client, "iotcard"};
  broker.outbox = &outbox;
  outbox.start();
  outbox.connected();
  CHECK_FALSE(broker.wait_for(topic_of("C")).empty());
  wait_until([&] { return another(bench)->count_quarantined() == 1; });
  CHECK(another(bench)->list_quarantined("", 9).rows[0].topic == "event/binding/confirmed/1/B");
  wait_until([&] { return outbox.idle(); });
  CHECK(outbox.held().empty());
  outbox.stop();
}

TEST_CASE("an event that ends each connection is found, though others are under way with it") {
  Bench bench;
  for (const char* number : {"A", "B", "C"}) append_confirmed(*bench.store, number);
  FakeBroker broker;  // acknowledges nothing by itself
  OutboxPublisher outbox{*bench.store, broker, bench.clock, client, "iotcard"};
  outbox.start();
  std::size_t sent = 0;
  // The acknowledgement of A is lost with the connection, twice.
  for (int i = 0; i < EventSuspect::together; ++i) {
    outbox.connected();
    sent += 3;
    REQUIRE(broker.wait_for(sent).size() == sent);
    outbox.disconnected();
  }
  outbox.connected();
  REQUIRE(broker.wait_for(++sent).back().second == topic_of("A"));  // alone
  outbox.published(broker.wait_for(sent).back().first, Delivery::acknowledged, "");
  for (int i = 0; i < EventSuspect::limit; ++i) {
    REQUIRE(broker.wait_for(++sent).back().second == topic_of("B"));
    outbox.disconnected();
    if (i + 1 < EventSuspect::limit) outbox.connected();
  }
  wait_until([&] { return another(bench)->count_quarantined() == 1; });
  CHECK_THAT(another(bench)->list_quarantined("", 9).rows[0].reason, Contains("3 times in a row"));
  outbox.connected();
  REQUIRE(broker.wait_for(++sent).back().second == topic_of("C"));
  outbox.published(broker.wait_for(sent).back().first, Delivery::acknowledged, "");
  CHECK(outbox.acknowledged() == 3);
  outbox.stop();
}

TEST_CASE("events that are all refused wait, and none is quarantined") {
  Bench bench;
  for (const char* number : {"A", "B"}) append_confirmed(*bench.store, number);
  AnsweringBroker broker;
  broker.answer = [](const std::string&) { return Delivery::refused; };
  OutboxPublisher outbox{*bench.store, broker, bench.clock, client, "iotcard"};
  broker.outbox = &outbox;
  outbox.start();
  for (std::uint64_t refusals = 1; refusals <= 5; ++refusals) {
    outbox.connected();  // does away with the pause
    wait_until([&] { return outbox.counts().refused >= refusals; });
  }
  CHECK(outbox.held() == "no");
  CHECK(another(bench)->count_quarantined() == 0);
  CHECK(another(bench)->count_outbox(client) == 2);
  outbox.stop();
}
