// SPDX-License-Identifier: Apache-2.0
// The thread of a webhook between a real store and a real HTTP server, without a daemon.
#include "webhook/webhook_sender.h"

#include <atomic>

#include "store/stored_decision.h"
#include "support/store_writes.h"
#include "system/webhook_world.h"

using namespace iotcard;

namespace {

constexpr const char* client = "iotcardd";

// Events that the broker has acknowledged, and a webhook that sends them.
struct Sending {
  Sending() {
    store->keep_history(client, true);
    register_webhooks(*store, client, {"ops"});
  }
  ~Sending() { sender.reset(); }

  std::unique_ptr<Store> open() const { return open_store("sqlite:" + dir.file("cards.db")); }
  void publish(int count) {
    for (int i = 0; i < count; ++i) {
      const DeviceKey device{"1", "D" + std::to_string(i % 2)};
      append_event(*store, client,
                   {EventKind::binding_created, device, {}, clock.now(), R"({"device":{}})"});
    }
    store->mark_published(client, store->last_sequence());
  }
  void start(const std::string& url, std::chrono::seconds timeout = std::chrono::seconds{1}) {
    sender = std::make_unique<WebhookSender>(
        Webhook{{.name = "ops", .url = url, .secret_file = "", .timeout = timeout},
                std::get<WebhookKey>(webhook_key("a secret of thirty-two bytes...."))},
        client,
        WebhookSender::Ports{.clock = clock,
                             .open_store = [this] { return open(); },
                             .log =
                                 [this](LogLevel, const std::string& text) {
                                   const std::lock_guard lock{mutex};
                                   log += text + '\n';
                                 }});
    sender->start();
  }
  std::vector<std::string> published() const {
    std::vector<std::string> payloads;
    for (const OutboxRow& row : store->published_events(client, 0, 1000)) {
      payloads.push_back(row.payload);
    }
    return payloads;
  }
  WebhookRow row() const { return store->webhooks().at(0); }

  const ProxySettings no_proxy;
  TempDir dir;
  SystemClock clock;
  std::unique_ptr<Store> store = open();
  std::mutex mutex;
  std::string log;
  std::unique_ptr<WebhookSender> sender;
};

}  // namespace

TEST_CASE("a sender delivers what is published, also while it runs, and remembers where it was") {
  Sending sending;
  WebhookReceiver receiver;
  sending.publish(100);
  sending.start(receiver.url());
  REQUIRE(receiver.wait_taken(100));
  sending.publish(3);
  REQUIRE(receiver.wait_taken(103));
  CHECK(ids_by_device(WebhookWorld::taken(receiver)) == ids_by_device(sending.published()));
  // Stopped sooner, it would not have the last answer yet and send that event again.
  REQUIRE(eventually([&] { return sending.row().sent == 103; }));
  sending.sender.reset();
  sending.publish(2);
  sending.start(receiver.url());
  REQUIRE(receiver.wait_taken(105));
  CHECK(receiver.calls().size() == 105);
}

TEST_CASE(
    "a sender stops within a second while its receiver hangs, and while the store is locked") {
  Sending sending;
  WebhookReceiver receiver;
  receiver.react([](const WebhookCall&) {
    return WebhookReaction{.bytes = "", .then = WebhookReaction::Then::hang};
  });
  sending.publish(1);
  sending.start(receiver.url(), std::chrono::minutes{5});
  REQUIRE(receiver.wait_calls(1));
  const auto other = sending.open();
  const Transaction lock{*other};
  const auto begin = std::chrono::steady_clock::now();
  sending.sender.reset();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{5});
  CHECK(receiver.taken().empty());
}

TEST_CASE("a sender never waits for the store longer than a moment, and sends again what it lost") {
  Sending sending;
  WebhookReceiver receiver;
  sending.publish(1);
  sending.start(receiver.url());
  REQUIRE(receiver.wait_taken(1));
  REQUIRE(eventually([&] { return sending.row().sent == 1; }));
  {
    const auto other = sending.open();
    Transaction lock{*other};  // progress cannot be stored meanwhile
    append_event(*other, client,
                 {EventKind::binding_created, DeviceKey{"1", "D"}, {}, sending.clock.now(), "{}"});
    other->mark_published(client, sending.store->last_sequence() + 1);
    lock.commit();
    REQUIRE(receiver.wait_taken(2));
  }
  {
    const auto other = sending.open();
    const Transaction lock{*other};
    sending.sender.reset();  // may not be able to store the last second
  }
  sending.start(receiver.url());
  sending.publish(1);
  REQUIRE(receiver.wait_taken(3));
  REQUIRE(eventually([&] {
    return ids_by_device(WebhookWorld::taken(receiver)) == ids_by_device(sending.published());
  }));
}
