// SPDX-License-Identifier: Apache-2.0
// schemas/openapi.yaml says what there is: the routes of the API, the names of the domain, and the
// JSON that operations write. And the checker that system tests use refuses what does not fit.
#include "support/openapi.h"

#include <rapidjson/pointer.h>

#include <catch2/catch.hpp>
#include <functional>
#include <set>
#include <sstream>

#include "api/route.h"
#include "domain/card_fields.h"
#include "domain/event.h"
#include "operations/binding_operations.h"
#include "operations/card_operations.h"
#include "operations/explain.h"
#include "operations/json.h"
#include "operations/platform_operations.h"
#include "operations/quarantine.h"
#include "operations_bench.h"
#include "support/json_schema.h"

using namespace iotcard;

namespace {

using Json = rapidjson::Value;
using Names = std::vector<std::string>;

const OpenApi& api() {
  static const OpenApi page;
  return page;
}

const Json& schema(const std::string& name) {
  return api().page()["components"]["schemas"][name.c_str()];
}

Names names_in(const Json& array) {
  Names names;
  for (const Json& name : array.GetArray()) names.emplace_back(name.GetString());
  return names;
}

Names keys_of(const Json& object) {
  Names keys;
  for (const auto& member : object.GetObject()) keys.emplace_back(member.name.GetString());
  return keys;
}

template <typename Table>
Names names_of(const Table& table) {
  return {table.names.begin(), table.names.end()};
}

// Calls `take` for each object of the page, with its place.
void each_object(const Json& value, const std::string& place,
                 const std::function<void(const Json&, const std::string&)>& take) {
  if (value.IsArray()) {
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
      each_object(value[i], place + '/' + std::to_string(i), take);
    }
  }
  if (!value.IsObject()) return;
  take(value, place);
  for (const auto& member : value.GetObject()) {
    std::string name;
    for (const char c : std::string{member.name.GetString()}) {
      name += c == '/' ? "~1" : c == '~' ? "~0" : std::string{c};
    }
    each_object(member.value, place + '/' + name, take);
  }
}

// "/card/{}" of "/card/{iccid}": what a part is called is nobody's business.
std::string shape_of(std::string_view pattern) {
  std::string shape;
  bool inside = false;
  for (const char c : pattern) {
    inside = inside && c != '}';
    if (!inside) shape += c;
    inside = inside || c == '{';
  }
  return shape;
}

// A store with a card, a device and a mismatch of each sort.
struct Desk : OperationsBench {
  static constexpr const char* one = "898604293620C0000970";
  static constexpr const char* two = "89860617060065258667";

  Desk() {
    const std::vector<FieldChange> fields{{"status", "active"}, {"expires_at", "2026-11-01"}};
    add_card(store(), context, iccid_of(one), fields);
    add_card(store(), context, iccid_of(two), {});
    report_card("1/D1", one);
    report("1/D1", R"({"iccid":"89860617060065258667","rssi":"x","summary":{"a":[1]}})");
    report("1/D2", "{\"iccid\":8.98604E+19,\"longitude\":8.5}");
    bind_card(store(), context, {"1", "D3"}, iccid_of(two), false);
    store().save_usage(iccid_of(one), {"2026-11-24", 1048576}, "2026-01-01");
  }
};

std::string written(const std::function<void(JsonText&)>& write) {
  JsonText json;
  write(json);
  return json.take();
}

}  // namespace

TEST_CASE("each reference of openapi.yaml has a target, and the ids of operations are unique") {
  each_object(api().page(), "", [](const Json& object, const std::string& place) {
    if (!object.HasMember("$ref")) return;
    INFO(place);
    const std::string reference = object["$ref"].GetString();
    CHECK(rapidjson::Pointer{reference.c_str()}.Get(api().page()) != nullptr);
  });
  std::set<std::string> ids;
  for (const ApiOperation& operation : api().operations()) ids.insert(operation.id);
  CHECK(ids.size() == api().operations().size());
}

TEST_CASE("each example of openapi.yaml fits its schema") {
  int examples = 0;
  each_object(api().page(), "", [&](const Json& object, const std::string& place) {
    if (!object.HasMember("schema") || !object.HasMember("example")) return;
    INFO(place);
    CHECK(api().value_error(place + "/schema", object["example"]) == "");
    ++examples;
  });
  CHECK(examples > 40);
}

TEST_CASE("the schemas of openapi.yaml use only keywords that the validator checks") {
  const std::set<std::string> known{"$ref", "type", "enum", "pattern", "required", "properties",
                                    "items", "minimum", "maximum", "minLength", "maxLength",
                                    "additionalProperties", "minItems", "maxItems", "uniqueItems",
                                    "anyOf", "allOf", "oneOf",
                                    // These are for people.
                                    "description", "default", "format", "contentMediaType"};
  const std::function<void(const Json&, const std::string&)> check = [&](const Json& part,
                                                                         const std::string& place) {
    if (!part.IsObject()) return;
    for (const auto& member : part.GetObject()) {
      const std::string name = member.name.GetString();
      INFO(place << " " << name);
      CHECK(known.contains(name));
      if (name == "properties") {
        for (const auto& property : member.value.GetObject()) {
          check(property.value, place + '/' + property.name.GetString());
        }
      } else if (member.value.IsArray()) {
        for (const Json& one : member.value.GetArray()) check(one, place);
      } else {
        check(member.value, place);
      }
    }
  };
  for (const auto& member : api().page()["components"]["schemas"].GetObject()) {
    check(member.value, member.name.GetString());
  }
  each_object(api().page()["paths"], "", [&](const Json& object, const std::string& place) {
    if (object.HasMember("schema")) check(object["schema"], place);
  });
}

TEST_CASE("the routes of the API are the operations of openapi.yaml, with the same scope") {
  std::set<std::string> routes;
  for (const Route& route : all_routes()) {
    const char* const scopes[] = {"", "read", "write"};
    routes.insert(std::string{method_name(route.method)} + ' ' + shape_of(route.pattern) + ' ' +
                  scopes[static_cast<int>(route.scope)]);
  }
  std::set<std::string> operations;
  for (const ApiOperation& operation : api().operations()) {
    operations.insert(operation.method + ' ' + shape_of(operation.path) + ' ' + operation.scope);
  }
  CHECK(operations == routes);
}

TEST_CASE("the enums of openapi.yaml are the names of the domain") {
  Names outcomes;
  for (std::size_t i = 0; i < outcome_count; ++i) {
    outcomes.emplace_back(outcome_name(static_cast<Outcome>(i)));
  }
  Names mismatches;
  for (const Outcome outcome : mismatch_outcomes) mismatches.emplace_back(outcome_name(outcome));
  const std::map<std::string, Names> enums{
      {"CardStatus", names_of(card_status_names)},
      {"Network", names_of(network_names)},
      {"UsageScope", names_of(usage_scope_names)},
      {"AbnormalReason", names_of(abnormal_names)},
      {"Luhn", names_of(luhn_names)},
      {"Match", names_of(match_names)},
      {"MismatchState", names_of(mismatch_state_names)},
      {"MismatchOutcome", mismatches},
      {"Suspect", names_of(suspect_names)},
      {"ErrorKey", names_of(error_key_names)},
      {"Outcome", outcomes},
      {"RejectionReason", names_of(rejection_reason_names)},
      {"IccidProblem", names_of(iccid_problem_names)},
      {"Leniency", names_of(leniency_names)},
      {"PlatformState", names_of(platform_state_names)},
      {"PlatformFault", names_of(service_fault_names)},
      {"PlatformRequestKind", names_of(platform_request_kind_names)},
      {"LoggedChangeKind", names_of(logged_change_names)},
      {"BatchAction", names_of(card_batch_names)},
  };
  for (const auto& member : api().page()["components"]["schemas"].GetObject()) {
    const std::string name = member.name.GetString();
    INFO(name);
    CHECK(member.value.HasMember("enum") == enums.contains(name));
    if (enums.contains(name)) CHECK(names_in(member.value["enum"]) == enums.at(name));
  }
  CHECK(keys_of(schema("StatusCounts")["properties"]) == names_of(card_status_names));
  CHECK(keys_of(schema("ReasonCounts")["properties"]) == names_of(abnormal_names));
  CHECK(keys_of(schema("MismatchCounts")["properties"]) == mismatches);
}

TEST_CASE(
    "a card in openapi.yaml has the fields of a card, and those that may be set are the "
    "operators'") {
  Names all{"iccid"};
  Names settable;
  for (const CardField& field : card_fields()) {
    all.emplace_back(field.name);
    if (field.owner == CardField::Owner::operators) settable.emplace_back(field.name);
  }
  for (const char* name : {"product", "device", "bound_since", "luhn", "abnormal"}) {
    all.emplace_back(name);
  }
  CHECK(keys_of(schema("Card")["properties"]) == all);
  CHECK(keys_of(schema("CardChange")["properties"]) == settable);
  Names batch{"action", "iccids", "expected", "dryRun", "force"};
  batch.insert(batch.end(), settable.begin(), settable.end());
  CHECK(keys_of(schema("CardBatch")["properties"]) == batch);
  settable.insert(settable.begin(), "iccid");
  CHECK(keys_of(schema("NewCard")["properties"]) == settable);
}

TEST_CASE("what operations write is as openapi.yaml says, member by member") {
  Desk desk;
  const Context& context = desk.context;
  desk.store().set_platforms({{.id = 1, .name = "Acme", .profile = "jasper"}});
  Context earlier = context;
  earlier.now -= std::chrono::seconds{1};
  set_card(desk.store(), earlier, iccid_of(Desk::one), std::vector<FieldChange>{{"platform", "1"}});
  const auto request =
      request_platform(desk.store(), context, iccid_of(Desk::one), PlatformRequestKind::suspend);
  PlatformFacts platform = describe_platforms(desk.store(), context).at(0);
  const PlatformFacts not_asked = platform;
  platform.row.health = {.failures = 1,
                         .next_try = context.now,
                         .last_answer = context.now,
                         .last_failure = context.now,
                         .fault = "timeout",
                         .failure = "status: no answer"};
  const auto card = describe_card(desk.store(), iccid_of(Desk::one));
  const auto device = describe_device(desk.store(), {"1", "D1"});
  const auto unbound = describe_device(desk.store(), {"1", "D2"});
  const auto statistics = describe_statistics(desk.store(), context);
  const auto top = top_usage(desk.store(), 10);
  Rejection rejection{RejectionReason::truncated, 9};
  RejectedReport text{
      1,
      {.topic = "/1/D1/info/post", .payload = "{", .size = 9, .arrival = context.now},
      rejection.reason,
      1};
  RejectedReport bytes{2,
                       {.topic = "/x", .payload = "{\xff", .size = 2, .arrival = context.now},
                       rejection.reason,
                       1};
  const auto explained = [&](const std::string& payload) {
    return explanation_json(explain(&desk.store(), context, payload, {}));
  };
  std::istringstream csv{"iccid,note\n" + std::string{Desk::one} + ",new\n89,\n"};
  const ImportResult imported =
      import_cards(desk.store(), context, csv, {.dry_run = true, .update = true}, {});
  REQUIRE(imported.changes.size() == 1);
  REQUIRE(imported.problems.size() == 1);
  REQUIRE(card.changes.size() == 2);
  const BatchResult batch{
      .matching = 1, .done = 1, .failed = {{"89", "bad-length"}}, .requests = {request}};
  REQUIRE(card.mismatches.size() == 1);
  REQUIRE(card.usage.size() == 1);
  REQUIRE(device.card.has_value());
  REQUIRE_FALSE(unbound.card.has_value());

  const std::vector<std::pair<std::string, std::string>> values{
      {"Card", written([&](auto& json) { write_card(json, card.card, context); })},
      {"CardDetails", written([&](auto& json) { write_card(json, card, context); })},
      {"CardPlatform", written([&](auto& json) { write_platform(json, platform); })},
      {"CardPlatform", written([&](auto& json) { write_platform(json, not_asked); })},
      {"AskedPlatform",
       written([&](auto& json) { write_platform_request(json, request, card.card, context); })},
      {"Device", written([&](auto& json) {
         write_device(json, ListedDevice{device.device, device.holder});
       })},
      {"DeviceDetails", written([&](auto& json) { write_device(json, device, context); })},
      {"DeviceDetails", written([&](auto& json) { write_device(json, unbound, context); })},
      {"Binding", written([&](auto& json) { write_binding(json, card.bindings[0]); })},
      {"BindResult", written([&](auto& json) {
         write_bind_result(json, {card.bindings[0], true, {card.bindings[0]}});
       })},
      {"Mismatch", written([&](auto& json) { write_mismatch(json, card.mismatches[0]); })},
      {"Mismatch", written([&](auto& json) { write_mismatch(json, unbound.mismatches.at(0)); })},
      {"MismatchDetails", written([&](auto& json) {
         write_mismatch(json, describe_mismatch(desk.store(), card.mismatches[0].id), context);
       })},
      {"MismatchDetails", written([&](auto& json) {
         write_mismatch(json, describe_mismatch(desk.store(), unbound.mismatches.at(0).id),
                        context);
       })},
      {"AcceptancePlan", written([&](auto& json) {
         write_plan(json, describe_mismatch(desk.store(), card.mismatches[0].id).accept,
                    card.mismatches[0].device);
       })},
      {"MismatchBatchResult", written([&](auto& json) {
         write_batch(json,
                     MismatchBatchResult{.matching = 1,
                                         .failed = {{"7", "there is none"}},
                                         .accepted = {},
                                         .settled = {card.mismatches[0]}},
                     true);
       })},
      {"LoggedChange", written([&](auto& json) { write_change(json, card.changes[0]); })},
      {"LoggedChange", written([&](auto& json) { write_change(json, card.changes[1]); })},
      {"BatchResult", written([&](auto& json) { write_batch(json, batch, true); })},
      {"Rejected", written([&](auto& json) { write_rejected(json, text); })},
      {"Rejected", written([&](auto& json) { write_rejected(json, bytes); })},
      {"QuarantinedEvent", written([&](auto& json) {
         write_quarantined(
             json, {.id = 1,
                    .topic = "event/binding/created/1/D1",
                    .payload = event_json(
                        {EventKind::binding_created, DeviceKey{"1", "D1"}, {}, context.now, "{}"}),
                    .reason = "too large",
                    .at = context.now});
       })},
      {"Statistics", written([&](auto& json) {
         write_statistics(json, statistics, describe_origins(desk.store()), top, context);
       })},
      {"Explanation", explained(R"({"iccid":"898604293620C0000970"})")},
      {"Explanation", explained("{\"iccid\":8.98604E+19}")},
      {"Explanation", explained("{\"iccid\":")},
      {"ImportResult", written([&](auto& json) { write_import(json, imported, true); })},
      // It ends two bindings.
      {"Acceptance", written([&](auto& json) {
         write_acceptance(json, accept_mismatch(desk.store(), context, card.mismatches[0].id, {}));
       })},
  };
  for (const auto& [name, json] : values) {
    INFO(name << " " << json);
    const std::string place = "/components/schemas/" + name;
    const auto value = parse_json(json);
    CHECK(api().value_error(place, value) == "");
    // In the same order, and no more.
    Names keys = keys_of(schema(name)["properties"]);
    std::erase_if(keys, [&](const std::string& key) {
      const bool rare = key.find("payload") != key.npos || key == "upload";
      return rare && !value.HasMember(key.c_str());
    });
    CHECK(keys == keys_of(value));
    // Not one may be left out, and none is a boolean or an object with anything in it.
    for (const std::string& key : keys) {
      INFO(key);
      rapidjson::Document less;
      less.CopyFrom(value, less.GetAllocator());
      less.RemoveMember(key.c_str());
      CHECK(api().value_error(place, less) != "");
      if (key == "summary") continue;  // may be anything
      rapidjson::Document other;
      other.CopyFrom(value, other.GetAllocator());
      other[key.c_str()].SetObject().AddMember("else", true, other.GetAllocator());
      CHECK(api().value_error(place, other) != "");
    }
    rapidjson::Document more;
    more.CopyFrom(value, more.GetAllocator());
    more.AddMember("else", 1, more.GetAllocator());
    CHECK(api().value_error(place, more) != "");
  }
}
