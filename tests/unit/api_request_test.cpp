// SPDX-License-Identifier: Apache-2.0
// What a client asks, read: parameters, parts of the path, bodies, routes and origins.
#include <catch2/catch.hpp>
#include <set>

#include "api/request.h"
#include "api/route.h"
#include "base/json_object.h"
#include "base/loopback.h"
#include "base/text.h"
#include "domain/card.h"

using namespace iotcard;

namespace {

Request asking(const std::string& query) {
  Request request;
  request.query = parsed_query(query);
  return request;
}

template <typename Read>
std::string refusal(const Read& read) {
  try {
    read();
  } catch (const ApiError& error) {
    return std::to_string(error.status()) + ' ' + error.what();
  }
  return "";
}

std::string json_problem(std::string_view json) {
  const auto read = read_flat_json(json);
  const auto* problem = std::get_if<Problem>(&read);
  return problem == nullptr ? "" : problem->text;
}

}  // namespace

TEST_CASE("a parameter is decoded, and only UTF-8 comes out") {
  CHECK(percent_decoded("a%2Fb%20c", false) == "a/b c");
  CHECK(percent_decoded("%E5%8D%A1", false) == "\xE5\x8D\xA1");
  CHECK(percent_decoded("a+b", false) == "a+b");
  CHECK(percent_decoded("a+b", true) == "a b");
  for (const char* wrong : {"%", "%2", "%zz", "a%", "%ff", "%c3", "\xff"}) {
    CAPTURE(wrong);
    CHECK_FALSE(percent_decoded(wrong, false));
  }
  CHECK(refusal([] { parsed_query("a=%ff"); }).rfind("400 ", 0) == 0);
  CHECK(refusal([] { parsed_query("a=1&a=2"); }) == "400 a: stands there twice");
}

TEST_CASE("a parameter is read by its kind, and a wrong one is named") {
  const Request request = asking("n=7&yes=true&status=active&text=a%20b&none=&&flag");
  QueryReader query{request};
  CHECK(query.integer("n", 1, 9) == 7);
  CHECK(query.boolean("yes") == true);
  CHECK(query.choice("status", card_status_names) == CardStatus::active);
  CHECK(query.text("text") == "a b");
  CHECK_FALSE(query.text("none"));
  CHECK_FALSE(query.text("flag"));
  CHECK_FALSE(query.integer("absent", 1, 9));
  query.finish();

  CHECK(refusal([&] { QueryReader{request}.integer("n", 1, 6); }) ==
        "400 n: expected a whole number from 1 to 6, not \"7\"");
  CHECK(refusal([&] { QueryReader{request}.integer("text", 1, 6); }).find("text: ") == 4);
  CHECK(refusal([&] { QueryReader{request}.boolean("n"); }) ==
        "400 n: expected true or false, not \"7\"");
  CHECK(refusal([&] { QueryReader{request}.choice("text", network_names); }) ==
        "400 text: expected one of unknown, allowed, blocked, not \"a b\"");
  const std::string unknown = refusal([&] {
    QueryReader some{request};
    some.text("n");
    some.text("yes");
    some.finish();
  });
  CHECK(unknown == "400 status: unknown parameter; known: n, yes");
  const Request long_value = asking("yes=" + std::string(10'000, 'y'));
  CHECK(refusal([&] { QueryReader{long_value}.boolean("yes"); }).size() < 200);
  CHECK(refusal([&] { QueryReader{asking("a%00b=1")}.finish(); }) ==
        "400 a\\x00b: unknown parameter; none is known here");
}

TEST_CASE("a page has bounds, and an order from a fixed list in either spelling") {
  const auto page = [](const std::string& text) {
    const Request request = asking(text);
    QueryReader query{request};
    const OrderedPage read = query.ordered_page({"iccid", "expires_at"});
    query.finish();
    return read;
  };
  CHECK(page("").page.size == 10);
  CHECK(page("").page.first_row() == 0);
  CHECK(page("pageNum=3&pageSize=500").page.first_row() == 1000);
  CHECK(page("orderByColumn=expiresAt&isAsc=desc").order_by == "expires_at");
  CHECK_FALSE(page("orderByColumn=expires_at&isAsc=descending").ascending);
  for (const char* up : {"asc", "ascending", "true"}) {
    CHECK(page(std::string{"isAsc="} + up).ascending);
  }
  for (const char* wrong :
       {"pageNum=0", "pageSize=501", "pageSize=0", "pageNum=x", "orderByColumn=note",
        "orderByColumn=iccid;drop", "isAsc=up", "pagenum=1", "pageNum=99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK(refusal([&] { page(wrong); }).rfind("400 ", 0) == 0);
  }
}

TEST_CASE("a JSON body is flat, and a number keeps its digits") {
  const auto read = read_flat_json(
      R"({"iccid": "89", "limit": 89860429362000000970, "note": null, "force": true, "minus": -1})");
  const auto& members = std::get<std::vector<JsonMember>>(read);
  REQUIRE(members.size() == 5);
  CHECK(members[0].kind == JsonMember::Kind::text);
  CHECK(members[1].kind == JsonMember::Kind::integer);
  CHECK(members[1].text == "89860429362000000970");
  CHECK(members[2].kind == JsonMember::Kind::null);
  CHECK(members[3].text == "true");
  CHECK(members[4].text == "-1");
  CHECK(std::get<std::vector<JsonMember>>(read_flat_json(" {} ")).empty());

  CHECK(json_problem(R"({"a": {"b": 1}})") == "\"a\": expected a text or a number, not an object");
  CHECK(json_problem(R"({"a": [1]})") == "\"a\": expected a text or a number, not an array");
  CHECK(json_problem(R"({"a": 1.5})") == "\"a\": expected a text or a whole number");
  CHECK(json_problem(R"({"a": 1, "a": 2})") == "\"a\": stands there twice");
  CHECK(json_problem(R"({"a\u0000b": []})").starts_with("\"a\\x00b\": expected"));
  CHECK(json_problem("{\"" + std::string(10'000, 'a') + "\": []}").size() < 200);
  for (const char* none : {"[]", "1", "\"x\"", "null", "", "{", "{\"a\":}", "{} x", "{\"a\":1,}",
                           "{\"a\":\"\xff\"}", "{\"a\": NaN}", "{\"a\":\"\\ud800\"}"}) {
    CAPTURE(none);
    CHECK_FALSE(json_problem(none).empty());
  }
}

TEST_CASE("where arrays are allowed, they hold texts only or whole numbers only") {
  const auto problem = [](const std::string& json) {
    const auto read = read_flat_json(json, JsonArrays::allowed);
    const auto* found = std::get_if<Problem>(&read);
    return found != nullptr ? found->text : "";
  };
  const auto read =
      read_flat_json(R"({"a": ["x", "y"], "b": [], "c": 1, "d": [7, 8]})", JsonArrays::allowed);
  const auto& members = std::get<std::vector<JsonMember>>(read);
  REQUIRE(members.size() == 4);
  CHECK(members[3].kind == JsonMember::Kind::integers);
  CHECK(members[3].items == std::vector<std::string>{"7", "8"});
  CHECK(members[0].kind == JsonMember::Kind::texts);
  CHECK(members[0].items == std::vector<std::string>{"x", "y"});
  CHECK(members[1].items.empty());
  CHECK(members[2].text == "1");
  CHECK(problem(R"({"a": [1, "x"]})") ==
        "\"a\": expected only texts in the array, each in quotes, or only whole numbers");
  CHECK(problem(R"({"a": ["x", 1]})").find("only texts") != std::string::npos);
  CHECK(problem(R"({"a": [null]})").find("only texts") != std::string::npos);
  CHECK(problem(R"({"a": [["x"]]})") == "\"a\": expected a text or a number, not an array");
  CHECK(problem(R"({"a": [{}]})") == "\"a\": expected a text or a number, not an object");
  CHECK_FALSE(problem("[]").empty());
  std::string many = R"({"a": ["x")";
  for (int i = 0; i < 1000; ++i) many += R"(,"x")";
  CHECK(problem(many + "]}") == "\"a\": expected at most 1000 in the array");
}

TEST_CASE("an ICCID that is a JSON number is refused with a hint to quote it") {
  Request request;
  request.body = R"({"card": 89860429362000000970, "extra": 1})";
  JsonBody body{request};
  CHECK(refusal([&] { body.text("card"); }) ==
        "400 card: expected a text; write it in quotes: \"89860429362000000970\"");
  CHECK(refusal([&] { body.finish(); }) == "400 extra: unknown in the body; known: card");
  CHECK(refusal([&] { body.required_text("device"); }) == "400 device: expected in the body");
}

TEST_CASE("a part of the path is one level, whatever characters a device's name has") {
  const std::vector<Route> routes{
      {Method::get, "/device/list", Scope::read, StoreUse::read, BodyKind::none, {}},
      {Method::get, "/device/{product}/{number}", Scope::read, StoreUse::read, BodyKind::none, {}},
      {Method::put, "/device/{product}", Scope::write, StoreUse::write, BodyKind::json, {}},
  };
  const auto part = [&](const std::string& path) {
    return find_route(routes, "GET", path)->parts.at("number");
  };
  CHECK(part("/device/1/D%201") == "D 1");
  CHECK(part("/device/1/%E5%8D%A1") == "\xE5\x8D\xA1");
  CHECK(part("/device/1/a%2Fb") == "a/b");
  CHECK(part("/device/1/a+b") == "a+b");
  CHECK(refusal([&] { find_route(routes, "GET", "/device/1/%ff"); }).rfind("400 ", 0) == 0);

  CHECK(find_route(routes, "GET", "/device/list")->route == routes.data());
  CHECK(find_route(routes, "HEAD", "/device/list")->route == routes.data());
  // The literal one decides about the method, too.
  CHECK(find_route(routes, "PUT", "/device/list")->route == nullptr);
  CHECK(find_route(routes, "PUT", "/device/list")->allow == "GET, HEAD");
  CHECK(find_route(routes, "POST", "/device/1")->allow == "PUT");
  for (const char* none : {"/", "", "*", "/device", "/device/1/2/3", "/device//D1", "/device/1/",
                           "//device/1/2", "/DEVICE/list"}) {
    CAPTURE(none);
    CHECK_FALSE(find_route(routes, "GET", none));
  }
}

TEST_CASE("every route changes only by another method than GET, and only with a token to write") {
  std::set<std::string> seen;
  for (const Route& route : all_routes()) {
    const std::string name =
        std::string{method_name(route.method)} + ' ' + std::string{route.pattern};
    CAPTURE(name);
    CHECK(seen.insert(name).second);
    CHECK(std::visit([](auto handle) { return handle != nullptr; }, route.handle));
    if (route.method == Method::get) {
      CHECK(route.store != StoreUse::write);
      CHECK(route.scope != Scope::write);
      CHECK(route.body == BodyKind::none);
    }
    CHECK((route.store == StoreUse::write) <= (route.scope == Scope::write));
    const bool open = contains(
        std::vector<std::string_view>{"/healthz", "/readyz", "/session", "/", "/assets/{name}"},
        route.pattern);
    CHECK((route.scope == Scope::none) == open);
  }
}

TEST_CASE("only loopback addresses and localhost count as this machine") {
  for (const char* ours : {"127.0.0.1", "127.0.0.1:8480", "127.8.8.8:1", "localhost",
                           "LOCALHOST:8480", "[::1]", "[::1]:8480"}) {
    CAPTURE(ours);
    CHECK(names_loopback(ours));
  }
  for (const char* others : {"", "evil.example", "127.evil.example", "127.0.0.1.evil.example:8480",
                             "localhost.evil", "10.0.0.1", "[::2]", "::1",
                             "127.0.0.1:", "127.0.0.1:80a", "localhost:8480@evil", "127.1"}) {
    CAPTURE(others);
    CHECK_FALSE(names_loopback(others));
  }
}

TEST_CASE("a page is of the same origin if it came from this host and port") {
  CHECK(same_origin("http://127.0.0.1:8480", "127.0.0.1:8480"));
  CHECK(same_origin("https://ops.example", "OPS.example"));
  CHECK(same_origin("https://ops.example", "ops.example:443"));
  for (const char* other : {"null", "http://127.0.0.1:8481", "http://evil.example",
                            "http://127.0.0.1:8480.evil.example", "127.0.0.1:8480", "file://"}) {
    CAPTURE(other);
    CHECK_FALSE(same_origin(other, "127.0.0.1:8480"));
  }
}
