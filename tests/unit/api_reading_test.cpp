// SPDX-License-Identifier: Apache-2.0
// What the API answers is read back whole: written again, it is the same text. So iotcardctl prints
// an answer as it prints what it found in a store.
#include "../../cli/api_reading.h"

#include <catch2/catch.hpp>
#include <functional>
#include <sstream>

#include "operations/card_operations.h"
#include "operations/json.h"
#include "operations/quarantine.h"
#include "operations_bench.h"

using namespace iotcard;

namespace {

std::string written(const std::function<void(JsonText&)>& write) {
  JsonText json;
  write(json);
  return json.take();
}

// `write` after `read` gives the same text.
template <typename Value, typename Read, typename Write>
void round_trip(const Value& value, const Read& read, const Write& write) {
  const std::string text = written([&](JsonText& json) { write(json, value); });
  CAPTURE(text);
  const auto again = read(JsonSlice::of(text));
  CHECK(written([&](JsonText& json) { write(json, again); }) == text);
}

// As the client prints: the reasons are those of the answer.
Context judged() {
  Context context;
  context.judged_by_daemon = true;
  return context;
}

struct Fleet : OperationsBench {
  static constexpr const char* one = "898604293620C0000970";
  static constexpr const char* two = "89860325740000000017";

  Fleet() {
    store().set_platforms({{.id = 1, .name = "Acme", .profile = "jasper"}});
    std::vector<FieldChange> all;
    for (const auto& [name, value] :
         std::vector<std::pair<std::string, std::string>>{{"imsi", "460001234567890"},
                                                          {"msisdn", "8613800000000"},
                                                          {"imei", "356938035643809"},
                                                          {"access_number", "A\"1"},
                                                          {"operator", "CT \xe4\xb8\xad"},
                                                          {"platform", "1"},
                                                          {"plan", "30 MB \\ x"},
                                                          {"status", "suspended"},
                                                          {"network", "blocked"},
                                                          {"used_bytes", "31457280"},
                                                          {"limit_bytes", "31457280"},
                                                          {"usage_scope", "pool"},
                                                          {"period_start", "2026-11-01"},
                                                          {"expires_at", "2026-11-30"},
                                                          {"alert_percent", "80"},
                                                          {"note", "a, b"}}) {
      all.push_back({name, value});
    }
    add_card(store(), context, iccid_of(one), all);
    add_card(store(), context, iccid_of(two), {});
    request_platform(store(), context, iccid_of(one), PlatformRequestKind::suspend);
    report("1/D1",
           R"({"iccid":"898604293620C0000970","rssi":-71,"longitude":113.12345678901234,)"
           R"("latitude":-0.1,"firmwareVersion":"1.2","summary":{"a":1.0E5,"b":"\u00e9"}})");
    report_card("1/D2", one);  // card_in_use
    report_card("1/D3", "89860325740000000025");
    context.now += std::chrono::seconds{1};
    dismiss_mismatch(store(), context, standing("1/D3").id);
  }
};

}  // namespace

TEST_CASE("cards and devices are read back from what the API writes of them") {
  Fleet fleet;
  const CardDetails card = describe_card(fleet.store(), iccid_of(Fleet::one));
  REQUIRE(card.bindings.size() == 1);
  REQUIRE(card.mismatches.size() == 1);
  REQUIRE(card.requests.size() == 1);
  REQUIRE_FALSE(card.changes.empty());
  REQUIRE_FALSE(card.usage.empty());
  const std::string text = written([&](JsonText& json) { write_card(json, card, fleet.context); });
  CAPTURE(text);
  CHECK(text.find(R"("abnormal":["suspended")") != std::string::npos);
  const CardDetails again = card_details_from(JsonSlice::of(text));
  CHECK(written([&](JsonText& json) { write_card(json, again, judged()); }) == text);
  CHECK(again.card.binding->created_by == card.card.binding->created_by);

  for (const char* number : {"D1", "D2"}) {
    const DeviceDetails device = describe_device(fleet.store(), {"1", number});
    const std::string whole =
        written([&](JsonText& json) { write_device(json, device, fleet.context); });
    CAPTURE(whole);
    const DeviceDetails read = device_details_from(JsonSlice::of(whole));
    CHECK(written([&](JsonText& json) { write_device(json, read, judged()); }) == whole);
    round_trip(ListedDevice{device.device, device.holder}, listed_device_from,
               [](JsonText& json, const ListedDevice& row) { write_device(json, row); });
    if (device.device.binding) CHECK(read.device.binding->match == device.device.binding->match);
  }
}

TEST_CASE("what operations came to is read back from what the API writes of it") {
  Fleet fleet;
  const CardDetails card = describe_card(fleet.store(), iccid_of(Fleet::one));
  for (const char* device : {"1/D2", "1/D3"}) {
    round_trip(fleet.standing(device), mismatch_from,
               [](JsonText& json, const Mismatch& mismatch) { write_mismatch(json, mismatch); });
  }
  Binding ended = card.bindings.at(0);
  ended.until = fleet.context.now;
  ended.ended_by = "ann";
  round_trip(ended, binding_from, write_binding);
  round_trip(BindResult{card.bindings.at(0), true, {ended}}, bind_result_from, write_bind_result);
  round_trip(Acceptance{fleet.standing("1/D2"), card.bindings.at(0), true, true, {ended}},
             acceptance_from, write_acceptance);
  round_trip(
      BatchResult{.matching = 2, .done = 1, .failed = {{"89", "bad-length"}}, .requests = {}},
      batch_result_from,
      [](JsonText& json, const BatchResult& result) { write_batch(json, result, true); });
  std::istringstream csv{"iccid;note\n" + std::string{Fleet::one} + ";new\n89;\n"};
  round_trip(import_cards(fleet.store(), fleet.context, csv, {.dry_run = true, .update = true}, {}),
             import_result_from,
             [](JsonText& json, const ImportResult& result) { write_import(json, result, true); });
}

TEST_CASE("reports, events and platforms are read back from what the API writes of them") {
  Fleet fleet;
  for (const char* payload : {"{\"a\n", "{\xff"}) {
    round_trip(RejectedReport{7,
                              {.topic = "/1/D1/info/post",
                               .payload = payload,
                               .size = 9,
                               .arrival = fleet.context.now},
                              RejectionReason::truncated,
                              2},
               rejected_from, write_rejected);
  }
  round_trip(QuarantinedEvent{.id = 1,
                              .topic = "event/binding/created/1/D1",
                              .payload = R"({"a":[1.0E5,"\u00e9"]})",
                              .reason = "too large",
                              .at = fleet.context.now},
             quarantined_from, write_quarantined);
  PlatformFacts facts = describe_platforms(fleet.store(), fleet.context).at(0);
  round_trip(facts, platform_from, write_platform);
  facts.row.health = {.failures = 1,
                      .next_try = fleet.context.now,
                      .last_answer = fleet.context.now,
                      .last_failure = fleet.context.now,
                      .fault = "timeout",
                      .failure = "status: no answer"};
  facts.asked_by = "iotcardd";
  round_trip(facts, platform_from, write_platform);
}

TEST_CASE("an answer that is none is refused and never read beyond its end") {
  for (const char* text : {"", "{", "[1,", "\"", "{\"a\":}", "nul", "<html>", "{} {}"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(JsonSlice::of(text), JsonSliceError);
  }
  const JsonMembers odd{JsonSlice::of(R"( { "a" : [ 1 , "x,]\"" , { } ] , "b" : null } )")};
  REQUIRE(odd["a"].items().size() == 3);
  CHECK(odd["a"].items()[1].text() == "x,]\"");
  CHECK(odd["c"].is_null());
  CHECK_THROWS_AS(odd.integer("b"), JsonSliceError);
  CHECK_THROWS_AS(odd["a"].text(), JsonSliceError);
  CHECK_THROWS_AS(stored_card_from(JsonSlice::of("{}")), JsonSliceError);
  CHECK_THROWS_AS(mismatch_from(JsonSlice::of(R"({"id":1,"outcome":"mismatch.new_kind"})")),
                  JsonSliceError);
  CHECK_THROWS_AS(stored_card_from(JsonSlice::of("[]")), JsonSliceError);
}
