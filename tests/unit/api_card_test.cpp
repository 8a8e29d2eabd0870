// SPDX-License-Identifier: Apache-2.0
// The routes of single cards and of lists of ICCIDs, without a network: If-Match, look-ups, exports
// with columns, cards in their other spelling, and waves of not_found that are let through.
#include <rapidjson/document.h>

#include <catch2/catch.hpp>

#include "api/dispatcher.h"
#include "operations/card_operations.h"
#include "unit/operations_bench.h"

using namespace iotcard;

namespace {

const std::string shorter = "8988303010000000016";
const std::string longer = "89883030100000000161";

struct ApiCards : OperationsBench {
  ApiCards() { add_card(store(), context, iccid_of(shorter.c_str()), {}); }

  Response call(const std::string& method, const std::string& target, const std::string& body = "",
                const std::string& if_match = "") {
    RequestHead head{method, target, {{"host", "localhost"}}};
    if (!body.empty()) {
      head.headers["content-type"] = "application/json";
      head.headers["content-length"] = std::to_string(body.size());
    }
    if (!if_match.empty()) head.headers["if-match"] = if_match;
    Admitted admitted = dispatcher.admit(head);
    admitted.request.body = body;
    return dispatcher.answer(std::move(admitted));
  }
  rapidjson::Document json(const std::string& method, const std::string& target,
                           const std::string& body = "") {
    const Response response = call(method, target, body);
    INFO(response.body);
    CHECK(response.status < 300);
    rapidjson::Document document;
    document.Parse(response.body.c_str());
    REQUIRE(document.IsObject());
    return document;
  }
  static std::string header(const Response& response, const std::string& wanted) {
    for (const auto& [name, value] : response.headers) {
      if (name == wanted) return value;
    }
    return "";
  }

  ApiHost make_host() {
    ApiHost made;
    made.open_store = [this] { return open_existing_store("sqlite:" + folder() + "/cards.db"); };
    made.open_store_to_read = [this] {
      return open_store_to_read("sqlite:" + folder() + "/cards.db");
    };
    made.context = [this](const std::string&) { return context; };
    made.card_max_age = [] { return std::chrono::hours{24}; };
    made.log = [](LogLevel, const std::string&) {};
    return made;
  }
  const ApiHost host = make_host();
  EventStreams streams{"store", 16};
  Dispatcher dispatcher{ApiLimits{}, host, streams};
};

}  // namespace

TEST_CASE("a card is changed only as long as it is what If-Match says") {
  ApiCards api;
  const std::string path = "/card/" + shorter;
  const std::string seen = ApiCards::header(api.call("GET", path), "ETag");
  CHECK(seen == "\"2026-11-24T08:00:00.000Z\"");
  api.context.now += std::chrono::seconds{1};
  const Response changed = api.call("PUT", path, R"({"plan":"A"})", seen);
  CHECK(changed.status == 200);
  CHECK(ApiCards::header(changed, "ETag") == "\"2026-11-24T08:00:01.000Z\"");
  const Response late = api.call("PUT", path, R"({"plan":"B"})", seen);
  CHECK(late.status == 412);
  CHECK(late.body.find("read it again") != std::string::npos);
  CHECK(api.call("PUT", path, R"({"plan":"C"})", "2026-11-24T08:00:01Z").status == 200);
  CHECK(api.call("PUT", path, R"({"plan":"D"})", "*").status == 200);
  CHECK(api.call("PUT", path, R"({"plan":"E"})").status == 200);
  CHECK(api.call("PUT", path, R"({"plan":"F"})", "\"yesterday\"").status == 400);
  CHECK(api.store().find_card(iccid_of(shorter.c_str()))->card.plan == "E");
}

TEST_CASE("the paths of a card take its other spelling") {
  ApiCards api;
  const std::string path = "/card/" + longer;
  const auto iccid_in = [](const rapidjson::Document& answer) {
    return std::string{answer["data"]["iccid"].GetString()};
  };
  CHECK(iccid_in(api.json("GET", path)) == shorter);
  CHECK(iccid_in(api.json("PUT", path, R"({"plan":"A"})")) == shorter);
  CHECK(iccid_in(api.json("POST", path + "/bind", R"({"product":"1","device":"D1"})")) == shorter);
  CHECK(api.json("GET", path + "/history")["total"].GetInt() == 1);
  CHECK(api.json("GET", path + "/changes")["total"].GetInt() == 2);
  CHECK(iccid_in(api.json("POST", path + "/unbind")) == shorter);
  const auto removed = api.json("DELETE", path + "," + shorter);
  REQUIRE(removed["data"].Size() == 1);
  CHECK(removed["data"][0]["iccid"].GetString() == shorter);
}

TEST_CASE("a list of ICCIDs is looked up in one request") {
  ApiCards api;
  const auto answer = api.json(
      "POST", "/card/lookup",
      R"({"iccids":[")" + shorter + R"(",")" + longer + R"(","89860617060065258667","x"]})");
  const auto& data = answer["data"];
  CHECK(data["found"][0]["iccid"].GetString() == shorter);
  CHECK(data["near"][0]["iccid"].GetString() == longer);
  CHECK(data["near"][0]["cards"][0]["iccid"].GetString() == shorter);
  CHECK(data["unknown"].Size() == 1);
  CHECK(data["invalid"][0]["iccid"].GetString() == std::string{"x"});
  CHECK(api.call("POST", "/card/lookup", "{}").status == 400);
  std::string many = R"({"iccids":[")" + shorter + '"';
  for (int i = 0; i < 1'000; ++i) many += ",\"1\"";
  CHECK(api.call("POST", "/card/lookup", many + "]}").status == 400);
}

TEST_CASE("an export has the columns that the request names") {
  ApiCards api;
  Response response = api.call("GET", "/card/export?columns=plan,iccid&bound=false");
  std::string csv;
  response.stream([&](std::string_view text) {
    csv += text;
    return true;
  });
  CHECK(csv == "plan,iccid\n," + shorter + "\n");
  CHECK(api.call("GET", "/card/export?columns=colour").status == 400);
}

TEST_CASE("what is held back of a platform is let through by HTTP") {
  ApiCards api;
  const Iccid card = iccid_of(shorter.c_str());
  api.store().set_platforms({{.id = 3, .name = "Acme", .profile = "jasper"}});
  set_card(api.store(), api.context, card, std::vector<FieldChange>{{"platform", "3"}});
  api.store().hold_not_found(3, card, api.context.now);
  const std::string path = "/platform/3/accept-not-found";
  const auto answer = api.json("POST", path);
  CHECK(answer["data"]["platform"].GetInt() == 3);
  CHECK(answer["data"]["accepted"].GetInt() == 1);
  CHECK(api.store().find_card(card)->card.status == CardStatus::not_found);
  CHECK(api.json("POST", path)["data"]["accepted"].GetInt() == 0);
  CHECK(api.call("POST", "/platform/9/accept-not-found").status == 404);
  CHECK(api.call("POST", "/platform/x/accept-not-found").status == 400);
}
