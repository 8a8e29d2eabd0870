// SPDX-License-Identifier: Apache-2.0
// What the store keeps of webhooks.
#include "contract/store_under_test.h"

namespace iotcard {
namespace {

WebhookRow a_webhook(const std::string& name) {
  return {.name = name,
          .health = {.failures = 3,
                     .next_try = at(9),
                     .last_answer = at(1),
                     .last_failure = at(7),
                     .fault = "timeout",
                     .failure = "no whole answer within 15000 ms"},
          .failing_since = at(5),
          .gone_at = at(8),
          .sent = 100,
          .failed = 4,
          .set_aside = 2};
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "webhooks are listed by name, with all that is known of them") {
  store->set_webhooks({"pager", "audit"});
  CHECK(store->webhooks() == std::vector<WebhookRow>{{.name = "audit"}, {.name = "pager"}});
  store->save_webhook(a_webhook("pager"));
  CHECK(connect()->webhooks() == std::vector<WebhookRow>{{.name = "audit"}, a_webhook("pager")});
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a webhook that is removed is not listed, and comes back as it was") {
  store->set_webhooks({"pager", "audit"});
  store->save_webhook(a_webhook("pager"));
  store->set_webhooks({"audit"});
  CHECK(store->webhooks() == std::vector<WebhookRow>{{.name = "audit"}});
  store->set_webhooks({"audit", "pager"});
  CHECK(store->webhooks() == std::vector<WebhookRow>{{.name = "audit"}, a_webhook("pager")});
}

TEST_CASE_METHOD(StoreUnderTest,
                 "an event that is set aside is in the quarantine, and again with its id") {
  const std::string payload = R"({"specversion":"1.0","id":"5:7","source":"iotcardd"})";
  store->set_event_aside({.topic = "event/binding/created/1/D1",
                          .payload = payload,
                          .reason = "webhook x",
                          .at = at(3)});
  const auto rows = store->list_quarantined("", 5).rows;
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].topic == "event/binding/created/1/D1");
  CHECK(rows[0].payload == payload);
  CHECK(rows[0].reason == "webhook x");
  CHECK(rows[0].at == at(3));
  Changes changes;
  changes.events.push_back({rows[0].topic, rows[0].payload});
  store->write("iotcardd", changes);
  CHECK(store->read_outbox("iotcardd", 0, 5).at(0).payload == payload);
}

}  // namespace iotcard
