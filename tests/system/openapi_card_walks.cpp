// SPDX-License-Identifier: Apache-2.0
#include "system/openapi_card_walks.h"

namespace iotcard::card_walks {
namespace {

const std::string all_filters =
    "?iccid=89&status=active&platform=2&operator=China%20Unicom&bound=false&reason=near_limit"
    "&text=tracker&over=90&expiringWithin=36500d&statusNot=terminated,not_found&platformNot=9,none&operatorNot=Nobody"
    "&reasonNot=expired&expiresBefore=2100-01-01&refreshedBefore=0s&updatedSince=36500d";

OpenApiWalk::Body csv(const std::string& text) {
  return {text, "text/csv"};
}

OpenApiWalk::Body form(const std::string& text) {
  return {
      "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cards.csv\"\r\n"
      "Content-Type: text/csv\r\n\r\n" +
          text + "\r\n--X--\r\n",
      "multipart/form-data; boundary=X"};
}

}  // namespace

void walk_imports(OpenApiWalk& walk) {
  const std::string cards = read_file(IOTCARD_SOURCE_DIR "/examples/cards.csv");
  const auto dry = walk.good(200, "POST", "/card/import?dryRun=true&zone=%2B08:00", csv(cards));
  CHECK(dry["data"]["imported"].GetInt() == 5);
  CHECK(walk.good(200, "POST", "/card/import", form(cards))["data"]["imported"].GetInt() == 5);
  const auto again = walk.good(200, "POST", "/card/import", csv(cards));
  CHECK(again["data"]["refused"].GetInt() == 0);
  CHECK(again["data"]["unchanged"].GetInt() == 5);  // they say what is stored
  const auto changed =
      walk.good(200, "POST", "/card/import?update=true&clearEmpty=true&trustZeros=true&strict=true",
                {"iccid,note\n" + one + ",\n", "application/octet-stream"});
  CHECK(changed["data"]["changes"][0]["fields"][0]["field"].GetString() == std::string{"note"});
  walk.refused(400, "POST", "/card/import", csv("colour\nred\n"));
  walk.bad(415, "POST", "/card/import", {cards, "text/plain"});
  walk.bad(400, "POST", "/card/import?dryRun=perhaps", csv(cards));
  walk.good(200, "POST", "/card/import?encoding=utf-8&delimiter=,&dryRun=true&update=true",
            csv(cards));
  walk.good(200, "POST", "/card/import?map=airvantage&dryRun=true",
            csv("IDENTIFIER;OPERATOR\n8933150319000000162;SFR\n"));
  walk.refused(400, "POST", "/card/import?map=nobody", csv(cards));
  CHECK(walk.good(200, "GET", "/card/import/columns")["data"]["columns"].Size() > 20);
  const auto tried = walk.good(200, "POST", "/card/import?dryRun=true&keep=true",
                               csv("iccid,note\n" + one + ",other\n12,\n"));
  const std::string id = tried["data"]["upload"]["id"].GetString();
  const std::string upload = "/card/import/uploads/" + id;
  CHECK(walk.good(200, "GET", upload)["data"]["state"] == "kept");
  walk.good(200, "GET", upload + "/problems");
  CHECK(walk.good(200, "POST", "/card/import?upload=" + id)["data"]["refused"].GetInt() == 2);
  CHECK(walk.good(200, "GET", upload)["data"]["state"] == "done");
  walk.refused(409, "POST", "/card/import?upload=" + id);
  const std::string unknown(32, '0');
  walk.refused(404, "POST", "/card/import?upload=" + unknown);
  walk.refused(404, "GET", "/card/import/uploads/" + unknown);
  walk.refused(404, "GET", "/card/import/uploads/" + unknown + "/problems");
  walk.good(200, "POST", "/card/import", csv(cards));
}

void scan_cards(OpenApiWalk& walk) {
  const std::string filters =
      "?iccid=89&status=active&platform=2&operator=China%20Unicom&bound=false"
      "&reason=near_limit&text=tracker&over=90&pageNum=1&pageSize=5&orderByColumn=usedBytes"
      "&isAsc=desc&statusNot=terminated,not_found&platformNot=9,none&operatorNot=Nobody"
      "&reasonNot=expired&expiresBefore=2100-01-01&refreshedBefore=0s&updatedSince=36500d";
  CHECK(walk.good(200, "GET", "/card/list")["total"].GetInt() == 5);
  CHECK(walk.good(200, "GET", "/card/list" + filters)["total"].GetInt() == 1);
  CHECK(walk.good(200, "GET", "/card/list?abnormal=true")["total"].GetInt() >= 2);
  walk.good(200, "GET", "/card/list?expiringWithin=30d");
  for (const char* list : {"/card/list", "/card/abnormal", "/card/export"}) {
    walk.good(200, "GET", list + std::string{"?product=1&device=D1"});
  }
  walk.good(200, "GET", "/card/abnormal" + filters);
  walk.good(200, "GET", "/card/abnormal?expiringWithin=30d");
  walk.good(200, "GET", "/card/facets" + all_filters + "&abnormal=true&facets=status,bound");
  walk.good(200, "GET", "/card/facets?product=1&device=D1");
  const auto facets = walk.good(200, "GET", "/card/facets");
  CHECK(facets["data"]["facets"]["status"][0]["count"].GetInt() == 2);
  CHECK(walk.good(200, "GET", "/card/facets?status=active,ready")["data"]["total"].GetInt() == 3);
  CHECK(walk.good(200, "GET", "/card/list?statusNot=active,ready")["total"].GetInt() == 2);
  walk.bad(400, "GET", "/card/facets?facets=colour");
  walk.bad(400, "GET", "/card/list?status=active,red");
  CHECK(walk.good(200, "GET", "/search?q=8986%200429")["data"]["cards"].Size() == 1);
  CHECK(walk.good(200, "GET", "/search?q=D1")["data"]["devices"].Size() == 1);
  walk.bad(400, "GET", "/search?q=x");
  walk.refused(400, "GET", "/search");
  walk.read_by_cursor("/card/list");
  walk.read_by_cursor("/card/abnormal");
  walk.bad(400, "GET", "/card/list?pageSize=501");
  walk.bad(400, "GET", "/card/list?orderByColumn=note");
  walk.bad(400, "GET", "/card/abnormal?text=ab");

  const std::string card = R"({"iccid":")" + added + R"(","limit_bytes":"30MiB","platform":3})";
  CHECK(walk.good(201, "POST", "/card", OpenApiWalk::json(card))["data"]["platform"].GetInt() == 3);
  walk.refused(409, "POST", "/card", OpenApiWalk::json(card));
  walk.bad(415, "POST", "/card", {card, "text/plain"});
  walk.bad(400, "POST", "/card", OpenApiWalk::json(R"({"iccid":89860325740000000017})"));
  walk.bad(400, "POST", "/card", OpenApiWalk::json("{"));

  const auto change = OpenApiWalk::json(R"({"status":"active","note":null,"used_bytes":5})");
  CHECK(walk.good(200, "PUT", "/card/" + added, change)["data"]["status"].GetString() ==
        std::string{"active"});
  walk.bad(400, "PUT", "/card/" + added, OpenApiWalk::json(R"({"colour":"red"})"));
  walk.refused(404, "PUT", "/card/8986032574000000002", change);
  walk.bad(400, "PUT", "/card/1234", change);
  const auto state = OpenApiWalk::json(R"({"status":"active","used_bytes":7,"plan":null})");
  CHECK(walk.good(200, "POST", "/card/" + added + "/state", state)["data"]["used_bytes"].GetInt() ==
        7);
  walk.bad(400, "POST", "/card/" + added + "/state", OpenApiWalk::json(R"({"note":"mine"})"));
  walk.bad(400, "POST", "/card/" + added + "/state", OpenApiWalk::json("[]"));
  walk.bad(400, "POST", "/card/1234/state", state);
  walk.bad(415, "POST", "/card/" + added + "/state", {"{}", "text/plain"});
  CHECK(walk.good(200, "GET", "/card/" + added)["data"]["usage"].Size() == 1);
  walk.refused(404, "GET", "/card/8986032574000000002");
  walk.bad(400, "GET", "/card/1234");
  walk.good(200, "GET", "/card/export");
  walk.good(200, "GET", "/card/export" + all_filters + "&abnormal=true&columns=iccid,plan");
  walk.refused(400, "GET", "/card/export?columns=colour");
  walk.bad(400, "GET", "/card/export?text=ab");
  const auto statistics = walk.good(200, "GET", "/card/statistics?top=2");
  CHECK(statistics["data"]["top_usage"].Size() == 2);
  walk.bad(400, "GET", "/card/statistics?top=101");
}

void walk_lookup(OpenApiWalk& walk) {
  const std::string shorter = two.substr(0, two.size() - 1);
  const auto found = walk.good(200, "POST", "/card/lookup",
                               OpenApiWalk::json(R"({"iccids":[")" + one + R"(",")" + shorter +
                                                 R"(","8986032574000000002","x"]})"));
  CHECK(found["data"]["found"].Size() == 1);
  CHECK(found["data"]["near"][0]["cards"][0]["iccid"].GetString() == two);
  CHECK(found["data"]["unknown"].Size() == 1);
  CHECK(found["data"]["invalid"].Size() == 1);
  CHECK(walk.good(200, "GET", "/card/" + shorter)["data"]["iccid"].GetString() == two);
  walk.bad(400, "POST", "/card/lookup", OpenApiWalk::json("{}"));
  walk.bad(415, "POST", "/card/lookup", {"{}", "text/plain"});
}

void walk_batches(OpenApiWalk& walk) {
  const std::string batch = "/card/batch";
  const auto set =
      OpenApiWalk::json(R"({"action":"set","iccids":[")" + added + R"(","89860325740000000009"],
                                         "plan":"batch"})");
  const auto done = walk.good(200, "POST", batch, set);
  CHECK(done["data"]["done"].GetInt() == 1);
  CHECK(done["data"]["failed"][0]["iccid"].GetString() == std::string{"89860325740000000009"});
  const auto dry =
      walk.good(200, "POST", batch + all_filters + "&abnormal=true",
                OpenApiWalk::json(R"({"action":"remove","dryRun":true,"force":true})"));
  const int matching = dry["data"]["matching"].GetInt();
  CHECK(dry["data"]["dry_run"].GetBool());
  walk.refused(409, "POST", batch + "?status=active",
               OpenApiWalk::json(R"({"action":"set","note":"x","expected":99})"));
  walk.good(200, "POST", batch + "?product=1&device=D7",
            OpenApiWalk::json(R"({"action":"remove","dryRun":true})"));
  walk.good(200, "POST", batch + all_filters,
            OpenApiWalk::json(R"({"action":"set","note":"x","expected":)" +
                              std::to_string(matching) + "}"));
  // What the page cannot say: one of a list and filters, and the count of what filters fit.
  walk.refused(400, "POST", batch, OpenApiWalk::json(R"({"action":"refresh"})"));
  walk.refused(400, "POST", batch + "?status=active",
               OpenApiWalk::json(R"({"action":"set","note":"x"})"));
  walk.refused(400, "POST", batch, OpenApiWalk::json(R"({"action":"set","iccids":[]})"));
  walk.bad(400, "POST", batch, OpenApiWalk::json(R"({"action":"sell","iccids":[]})"));
  walk.bad(400, "POST", batch, OpenApiWalk::json(R"({"action":"set","iccids":["12"],"note":"x"})"));
  walk.bad(400, "POST", batch, OpenApiWalk::json(R"({"action":"set","iccids":[1],"note":"x"})"));
  walk.bad(415, "POST", batch, {"{}", "text/plain"});
  const auto changes = walk.good(200, "GET", "/card/" + added + "/changes?pageNum=1&pageSize=1");
  CHECK(changes["rows"][0]["by"].GetString() == std::string{"api:writer"});
  CHECK(changes["rows"][0]["field"].GetString() == std::string{"plan"});
  CHECK(changes["rows"][0]["after"].GetString() == std::string{"batch"});
  const auto rest = walk.good(
      200, "GET",
      "/card/" + added + "/changes?pageSize=100&cursor=" + changes["nextCursor"].GetString());
  CHECK(rest["rows"].Size() == changes["total"].GetUint() - 1);
  walk.refused(404, "GET", "/card/8986032574000000002/changes");
}

void walk_bindings(OpenApiWalk& walk) {
  const std::string card = "/card/" + added;
  const auto device = OpenApiWalk::json(R"({"product":"1","device":"D9"})");
  CHECK(walk.good(200, "POST", card + "/bind", device)["data"]["created_by"].GetString() ==
        std::string{"api:writer"});
  const auto other = OpenApiWalk::json(R"({"product":"1","device":"D8"})");
  walk.refused(409, "POST", card + "/bind", other);
  walk.bad(400, "POST", card + "/bind", OpenApiWalk::json(R"({"product":"1"})"));
  walk.refused(404, "POST", "/card/8986032574000000002/bind", other);
  const auto forced = OpenApiWalk::json(R"({"product":"1","device":"D8","force":true})");
  walk.good(200, "POST", card + "/bind", forced);
  walk.refused(409, "DELETE", card);
  CHECK(walk.good(200, "GET", card + "/history?pageNum=1&pageSize=1")["total"].GetInt() == 2);
  walk.read_by_cursor(card + "/history");
  walk.refused(404, "GET", "/card/8986032574000000002/history");
  CHECK(walk.good(200, "POST", card + "/unbind")["data"]["ended_by"].GetString() ==
        std::string{"api:writer"});
  walk.refused(404, "POST", "/card/8986032574000000002/unbind", OpenApiWalk::json("{}"));
  walk.bad(400, "POST", card + "/unbind", OpenApiWalk::json(R"({"force":true})"));
  walk.good(200, "POST", card + "/bind", device);
  CHECK(walk.good(200, "POST", "/device/1/D9/unbind")["data"]["iccid"].GetString() == added);
  walk.refused(404, "POST", "/device/1/D9/unbind", OpenApiWalk::json("{}"));
  walk.bad(400, "POST", "/device/1/D9/unbind", OpenApiWalk::json(R"({"force":true})"));
}

void walk_platforms(OpenApiWalk& walk, PlatformServer& platform) {
  const std::string card = "/card/" + added;
  const auto asked = walk.good(200, "POST", card + "/refresh");
  CHECK(asked["data"]["card"]["status"].GetString() == std::string{"active"});
  walk.refused(409, "POST", "/card/" + one + "/refresh");
  walk.refused(404, "POST", "/card/8986032574000000002/refresh");
  const auto yes = OpenApiWalk::json(R"({"confirm":true})");
  const auto suspended = walk.good(200, "POST", card + "/suspend", yes);
  CHECK(suspended["data"]["requested_by"].GetString() == std::string{"api:writer"});
  CHECK(suspended["data"]["card"]["status"].GetString() == std::string{"suspended"});
  CHECK(walk.good(200, "POST", card + "/resume", yes)["data"]["failure"].IsNull());
  walk.bad(400, "POST", card + "/suspend", OpenApiWalk::json("{}"));
  walk.bad(400, "POST", card + "/resume", OpenApiWalk::json(R"({"confirm":false})"));
  walk.refused(404, "POST", "/card/8986032574000000002/suspend", yes);
  const auto asked_many =
      walk.good(202, "POST", "/card/batch",
                OpenApiWalk::json(R"({"action":"refresh","iccids":[")" + added + "\"]}"));
  CHECK(asked_many["data"]["requests"].Size() == 1);
  walk.good(200, "POST", card + "/refresh");  // it waits for the one that is stored
  const auto list = walk.good(200, "GET", "/platform/list");
  CHECK(list["rows"][0]["state"].GetString() == std::string{"well"});
  const auto none = walk.good(200, "POST", "/platform/3/accept-not-found");
  CHECK(none["data"]["accepted"].GetInt() == 0);
  walk.refused(404, "POST", "/platform/9/accept-not-found", OpenApiWalk::json("{}"));
  walk.bad(400, "POST", "/platform/x/accept-not-found");
  const auto named = OpenApiWalk::json(R"({"iccid":")" + added + "\"}");
  const auto tried = walk.good(200, "POST", "/platform/3/test", named);
  CHECK(tried["data"]["ok"].GetBool());
  CHECK(tried["data"]["card"]["status"].GetString() == std::string{"active"});
  CHECK(tried["data"]["steps"].Size() > 0);
  walk.good(200, "POST", "/platform/3/test");
  walk.refused(404, "POST", "/platform/9/test");
  walk.refused(400, "POST", "/platform/3/test", OpenApiWalk::json(R"({"iccid":"12"})"));
  platform.fail(PlatformServer::Fault::html_502);
  const auto failing = walk.good(200, "POST", "/platform/3/test", named);
  CHECK_FALSE(failing["data"]["ok"].GetBool());
  CHECK(failing["data"]["problem"].IsString());
  platform.fail(PlatformServer::Fault::html_502);
  walk.refused(502, "POST", card + "/refresh");
}

}  // namespace iotcard::card_walks
