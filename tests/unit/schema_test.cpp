// SPDX-License-Identifier: Apache-2.0
// The published contracts: event.schema.json takes a good event of each kind and no broken one,
// and asyncapi.yaml names the kinds that there are.
#include <rapidjson/document.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "domain/event.h"
#include "support/event_schema.h"

using namespace iotcard;

namespace {

struct Sample {
  std::string kind;
  std::string data;
  std::set<std::string> optional;  // members of data that may be left out
};

const std::string device = R"("device":{"product":"1","number":"D6O0RUN27PPP"})";
const std::string iccid = R"("iccid":"898604293620C0000970")";
const std::string no_iccid = R"("iccid":null)";
const std::string bound = R"("bound_iccid":"89860617060065258667")";
const std::string holder = R"("holder":{"product":"2","number":"D7"})";
const std::string match = R"("match":"strong")";
const std::string ended =
    R"("count":2,"first_seen":"2026-11-23T20:51:00.123Z","last_seen":"2026-11-24T00:00:00.000Z")";
const std::string silence =
    R"("last_seen":"2026-11-23T20:51:00.123Z","silent_since":"2026-11-30T20:51:00.123Z")";
const std::string counts = R"("state":"open",)" + ended;
const std::string reported =
    R"("reported":{"iccid":"898604293620C0000970","platform":1,)"
    R"("leniencies":["unquoted-iccid"],"issues":["rssi: not an integer"]})";
const std::string card = R"("card":{"iccid":"898604293620C0000970","platform":null,)"
                         R"("status":"active","abnormal":["over_limit"]})";

std::string members(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "{" : ",") + part;
  return text + '}';
}

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all{
      {"report.no_card", members({device, no_iccid, reported, bound}), {"bound_iccid"}},
      {"mismatch.iccid_invalid",
       members({device, no_iccid, reported, bound, R"("reason":"bad-length")", counts}),
       {"bound_iccid"}},
      {"mismatch.iccid_invalid",
       members({device, no_iccid, reported, R"("reason":"precision-lost")",
                R"("candidates":["89860617060065258667"])", counts}),
       {}},
      {"mismatch.iccid_ambiguous",
       members({device, iccid, reported, bound,
                R"("candidates":["89860617060065258667","89860617060065258668"])", counts}),
       {"bound_iccid"}},
      {"mismatch.card_unknown", members({device, iccid, reported, bound, counts}), {"bound_iccid"}},
      {"mismatch.wrong_platform",
       members({device, iccid, reported, card, match, bound, holder, counts}),
       {"bound_iccid", "holder"}},
      {"mismatch.device_has_other_card",
       members({device, iccid, reported, card, match, bound, R"("resolved":"followed")", counts}),
       {"resolved"}},
      {"mismatch.card_in_use",
       members({device, iccid, reported, card, match, bound, holder, R"("suspect":"cloned")",
                R"("resolved":"followed")", counts}),
       {"bound_iccid", "resolved"}},
      {"binding.created", members({device, iccid, reported, card, match, bound}), {}},
      {"binding.created", members({device, iccid, card, match, bound, R"("by":"root")"}), {}},
      {"binding.confirmed", members({device, iccid, reported, card, match, bound}), {}},
      {"binding.released",
       members({device, iccid, R"("by":"policy","since":"2026-11-23T20:51:00.123Z")",
                R"("until":"2026-11-24T20:51:00.123Z")"}),
       {}},
      {"mismatch.cleared",
       members({device, R"("mismatch":"card_in_use","reported":"898604293620C0000970")",
                R"("state":"accepted","by":"root")", ended}),
       {}},
      {"mismatch.cleared",
       members({device, R"("mismatch":"iccid_invalid","reported":"bad-length")",
                R"("state":"cleared","by":"report")", ended}),
       {}},
      {"card.abnormal",
       members({device, iccid, card, R"("reasons":["expired","over_limit"])"}),
       {"device"}},
      {"card.recovered", members({device, iccid, card}), {"device"}},
      {"device.silent", members({device, silence}), {}},
      {"device.heard", members({device, silence}), {}},
      {"report.rejected",
       members({device, R"("topic":"/1/D6O0RUN27PPP/info/post","reason":"truncated")",
                R"("offset":9,"size":9,"payload":"{\"iccid\":")"}),
       {"device"}},
      {"report.rejected",
       members({R"("topic":"iotcard/card/8986/state/set","reason":"bad-card-state")",
                R"("offset":0,"size":2,"problem":"plan: expected a text","payload":"{}")"}),
       {"problem"}},
      {"report.rejected",
       members({R"("topic":"/x","reason":"invalid-json","offset":1,"size":3)",
                R"("payload_base64":"e/8=")"}),
       {}},
  };
  return all;
}

using Json = rapidjson::Document;

Json parse(const std::string& text) {
  Json json;
  json.Parse(text.data(), text.size());
  REQUIRE(!json.HasParseError());
  return json;
}

std::string text_of(const rapidjson::Value& json) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  json.Accept(writer);
  return buffer.GetString();
}

std::string event_of(const Sample& sample) {
  return R"({"specversion":"1.0","id":"0b5f:12","source":"iotcardd","type":"iotcard.)" +
         sample.kind +
         R"(","subject":"1/D6O0RUN27PPP","time":"2026-11-23T20:51:00.123Z",)"
         R"("datacontenttype":"application/json","data":)" +
         sample.data + '}';
}

std::vector<std::string> keys_of(const rapidjson::Value& object) {
  std::vector<std::string> keys;
  for (const auto& member : object.GetObject()) keys.emplace_back(member.name.GetString());
  return keys;
}

// Every object in `json`, itself first.
std::vector<rapidjson::Value*> objects_in(rapidjson::Value& json) {
  std::vector<rapidjson::Value*> found{&json};
  for (auto& member : json.GetObject()) {
    if (!member.value.IsObject()) continue;
    for (rapidjson::Value* inner : objects_in(member.value)) found.push_back(inner);
  }
  return found;
}

// Runs `change` on each member of each object in the event, one at a time; the schema must refuse
// the result unless `change` says that it is still a good event.
template <typename Change>
void refuses_each(const Sample& sample, Change change) {
  const Json original = parse(event_of(sample));
  Json copy;
  copy.CopyFrom(original, copy.GetAllocator());
  const std::size_t count = objects_in(copy).size();
  for (std::size_t i = 0; i < count; ++i) {
    for (const std::string& key : keys_of(*objects_in(copy)[i])) {
      Json broken;
      broken.CopyFrom(original, broken.GetAllocator());
      rapidjson::Value& object = *objects_in(broken)[i];
      if (!change(object, key, broken)) continue;
      INFO(key << " of " << text_of(broken));
      CHECK(schema_error(text_of(broken)).has_value());
    }
  }
}

std::vector<std::string> kinds() {
  std::vector<std::string> names{event_names.names.begin(), event_names.names.end()};
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("the version is one in the build, the changelog and the descriptions of the interfaces") {
  const auto text_of = [](const char* path) {
    std::ifstream file{std::string{IOTCARD_SOURCE_DIR} + path};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  const std::string changes = text_of("/CHANGELOG.md");
  const std::size_t begin = changes.find("\n## ") + 4;
  const std::string version = changes.substr(begin, changes.find(' ', begin) - begin);
  CHECK_THAT(text_of("/CMakeLists.txt"), Catch::Contains("VERSION " + version + " "));
  for (const char* page : {"/schemas/openapi.yaml", "/schemas/asyncapi.yaml"}) {
    CAPTURE(page);
    CHECK(YAML::LoadFile(std::string{IOTCARD_SOURCE_DIR} + page)["info"]["version"]
              .as<std::string>() == version);
  }
}

TEST_CASE("there is a sample of each kind of event") {
  std::set<std::string> seen;
  for (const Sample& sample : samples()) seen.insert(sample.kind);
  CHECK(std::vector<std::string>(seen.begin(), seen.end()) == kinds());
}

TEST_CASE("the schema takes a good event of each kind") {
  for (const Sample& sample : samples()) {
    INFO(sample.kind);
    CHECK(schema_error(event_of(sample)).value_or("") == "");
  }
}

TEST_CASE("an event without one of its members is refused, unless that one is optional") {
  for (const Sample& sample : samples()) {
    refuses_each(sample, [&](rapidjson::Value& object, const std::string& key, Json& event) {
      const bool in_data = event.HasMember("data") && &object == &event["data"];
      object.RemoveMember(key.c_str());
      if (!in_data || !sample.optional.contains(key)) return true;
      CHECK(schema_error(text_of(event)).value_or("") == "");
      return false;
    });
  }
}

TEST_CASE("an event with a member of the wrong type is refused") {
  for (const Sample& sample : samples()) {
    refuses_each(sample, [](rapidjson::Value& object, const std::string& key, Json&) {
      object[key.c_str()].SetBool(true);
      return true;
    });
  }
}

TEST_CASE("an ICCID that is a number is refused") {
  for (const Sample& sample : samples()) {
    refuses_each(sample, [](rapidjson::Value& object, const std::string& key, Json&) {
      if (!key.ends_with("iccid")) return false;
      object[key.c_str()].SetDouble(89860617060065258667.0);
      return true;
    });
  }
}

TEST_CASE("a member that the schema does not know is refused") {
  for (const Sample& sample : samples()) {
    refuses_each(sample, [](rapidjson::Value& object, const std::string& key, Json& event) {
      if (key == keys_of(object).front()) object.AddMember("else", 1, event.GetAllocator());
      return object.HasMember("else");
    });
  }
}

TEST_CASE("a kind of event that there is not is refused, and so is what is no event") {
  CHECK(schema_error(event_of({"binding.guessed", "{}", {}})).value_or("") ==
        "unknown type iotcard.binding.guessed");
  CHECK(schema_error("{}").has_value());
  CHECK(schema_error("[]").has_value());
  CHECK(schema_error("").has_value());
  // One kind's data under another's name.
  CHECK(schema_error(event_of({"binding.released", samples().front().data, {}})).has_value());
}

TEST_CASE("a schema error names the place") {
  Sample sample = samples().front();
  sample.data.replace(sample.data.find("\"iccid\":null"), 12, "\"iccid\":8986");
  const std::string error = schema_error(event_of(sample)).value_or("");
  INFO(error);
  CHECK(error.starts_with("#/data/iccid breaks \"type\""));
}

TEST_CASE("event.schema.json and asyncapi.yaml name each kind of event and no other") {
  const YAML::Node api = YAML::LoadFile(IOTCARD_SOURCE_DIR "/schemas/asyncapi.yaml");
  std::vector<std::string> messages;
  for (const auto& message : api["components"]["messages"]) {
    const auto name = message.first.as<std::string>();
    if (name.find('.') == std::string::npos) continue;  // a report, a request, the status
    messages.push_back(name);
    CHECK(message.second["payload"]["$ref"].as<std::string>() ==
          "event.schema.json#/definitions/" + name);
  }
  std::sort(messages.begin(), messages.end());
  CHECK(messages == kinds());
}

TEST_CASE(
    "asyncapi.yaml has a channel for each kind of event, and every reference leads somewhere") {
  const YAML::Node api = YAML::LoadFile(IOTCARD_SOURCE_DIR "/schemas/asyncapi.yaml");
  std::set<std::string> topics;
  for (const auto& channel : api["channels"]) {
    topics.insert(channel.first.as<std::string>());
    for (const char* operation : {"publish", "subscribe"}) {
      const YAML::Node described = channel.second[operation];
      if (!described) continue;
      const auto message = described["message"]["$ref"].as<std::string>();
      CHECK(api["components"]["messages"][message.substr(message.rfind('/') + 1)]);
    }
  }
  for (std::size_t i = 0; i < event_names.names.size(); ++i) {
    const Event event{static_cast<EventKind>(i), DeviceKey{"{product}", "{device}"}, {}, {}, "{}"};
    CHECK(topics.contains("iotcard/" + event_topic(event)));
  }
  for (const char* topic :
       {"/{product}/{device}/info/post", "/{product}/{device}/info/get",
        "iotcard/card/{iccid}/state/set", "iotcard/status", "iotcard/status/{client_id}",
        "iotcard/event/card/abnormal/card/{iccid}", "iotcard/event/card/recovered/card/{iccid}"}) {
    CHECK(topics.contains(topic));
  }
  CHECK(topics.size() == event_names.names.size() + 7);
}

TEST_CASE("device-info.schema.json takes the documented payload once its ICCID is quoted") {
  const auto read = [](const std::string& path) {
    std::ifstream file{IOTCARD_SOURCE_DIR + path};
    return parse({std::istreambuf_iterator<char>{file}, {}});
  };
  const rapidjson::SchemaDocument schema{read("/schemas/device-info.schema.json")};
  rapidjson::SchemaValidator validator{schema};
  CHECK(read("/tests/data/reports/documented-quoted/payload").Accept(validator));
  validator.Reset();
  CHECK_FALSE(parse(R"({"iccid":89860617060065258667})").Accept(validator));
}
