// SPDX-License-Identifier: Apache-2.0
// The checker behind the walk through the API: it takes what schemas/openapi.yaml says, and says
// what is wrong with anything else.
#include <catch2/catch.hpp>

#include "support/openapi.h"

using namespace iotcard;

namespace {

const OpenApi& api() {
  static const OpenApi page;
  return page;
}

const std::map<std::string, std::string> json_type{{"content-type", "application/json"}};

HttpCall get(const std::string& target) {
  return {.method = "GET", .target = target, .headers = {}, .body = {}};
}
HttpCall post(const std::string& target, const std::string& body) {
  return {.method = "POST", .target = target, .headers = json_type, .body = body};
}
HttpReply reply(int status, const std::string& body) {
  return {status, json_type, body};
}

// The body of an error with this code.
std::string refusal(int code) {
  return R"({"code":)" + std::to_string(code) +
         R"(,"msg":"no","error":{"key":"not_found","params":{}}})";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a request that openapi.yaml describes is accepted") {
  const std::vector<HttpCall> requests{
      get("/card/list"),
      get("/card/list?pageNum=2&pageSize=500&orderByColumn=usedBytes&isAsc=desc&bound=false"),
      get("/card/list?operator=China%20Mobile&iccid=898604&expiringWithin=30d&over=80"),
      get("/card/898604293620c0000970"),
      get("/device/1/D6O0RUN27PPP"),
      post("/card", R"({"iccid":"89860325740000000017","limit_bytes":"30MiB","status":null})"),
      post("/mismatch/1/accept", ""),
      {.method = "DELETE",
       .target = "/card/898604293620C0000970,89860617060065258667?force=true",
       .headers = {},
       .body = {}},
      {.method = "POST", .target = "/report/explain", .headers = {}, .body = "{"},
      {.method = "POST",
       .target = "/card/import?dryRun=true&zone=%2B08:00",
       .headers = {{"Content-Type", "text/csv; charset=utf-8"}},
       .body = "iccid\n"},
  };
  for (const HttpCall& request : requests) {
    INFO(request.method << " " << request.target);
    CHECK(api().request_error(request) == "");
  }
}

TEST_CASE("a request that openapi.yaml does not describe is refused with the reason") {
  const std::vector<std::pair<HttpCall, std::string>> requests{
      {get("/cards"), "/cards: there is no such path"},
      {get("/card"), "/card: not with GET"},
      {post("/card/list", "{}"), "/card/list: not with POST"},
      {get("/card/list?pagesize=2"), "pagesize: no such parameter"},
      {get("/card/list?pageSize=2&pageSize=3"), "pageSize: stands there twice"},
      {get("/card/list?pageSize=501"), "pageSize: # breaks \"maximum\""},
      {get("/card/list?pageSize=0"), "pageSize: # breaks \"minimum\""},
      {get("/card/list?pageNum=first"), "pageNum: # breaks \"type\""},
      {get("/card/list?bound=maybe"), "bound: # breaks \"type\""},
      {get("/card/list?text=ab"), "text: # breaks \"minLength\""},
      {get("/card/list?status=gone"), "status: # breaks \"pattern\""},
      {get("/card/list?orderByColumn=note"), "orderByColumn: # breaks \"enum\""},
      {get("/card/list?expiringWithin=soon"), "expiringWithin: # breaks \"pattern\""},
      {get("/card/1234"), "iccid: # breaks \"pattern\""},
      {get("/rejected/last"), "id: # breaks \"type\""},
      {{.method = "DELETE", .target = "/card/898604293620C0000970,x", .headers = {}, .body = {}},
       "iccid: #/1 breaks \"pattern\""},
      {{.method = "GET", .target = "/card/list", .headers = json_type, .body = "{}"},
       "the body: none is taken"},
      {post("/card", ""), "the body: is missing"},
      {post("/card", "{"), "the body: not JSON at byte 1"},
      {post("/card", "{}"), "the body: # breaks \"required\""},
      {post("/card", R"({"iccid":89860325740000000017})"), "the body: #/iccid breaks \"type\""},
      {post("/card", R"({"iccid":"89860325740000000017","colour":"red"})"),
       "the body: #/colour breaks \"additionalProperties\""},
      {{.method = "POST",
        .target = "/card",
        .headers = {{"Content-Type", "text/plain"}},
        .body = "{}"},
       "the body: not of Content-Type \"text/plain\""},
      {post("/card/898604293620C0000970/bind", R"({"product":"1","device":"a/b"})"),
       "the body: #/device breaks \"pattern\""},
  };
  for (const auto& [request, reason] : requests) {
    const std::string error = api().request_error(request);
    INFO(request.method << " " << request.target << ": " << error);
    CHECK(has(error, reason));
  }
}

TEST_CASE(
    "an answer is refused where status, Content-Type, envelope or data are not as described") {
  const auto removal = HttpCall{
      .method = "DELETE", .target = "/card/898604293620C0000970", .headers = {}, .body = {}};
  const std::string good =
      R"({"code":200,"msg":"ok","data":[{"iccid":"898604293620C0000970","removed":true,"released":[]}]})";
  CHECK(api().answer_error(removal, reply(200, good)) == "");
  CHECK(api().answer_error(removal, reply(404, refusal(404))) == "");
  const std::vector<std::pair<HttpReply, std::string>> replies{
      {reply(201, good), "201: is no answer of removeCards"},
      {reply(418, good), "418: is no answer of removeCards"},
      {{200, {{"content-type", "text/html"}}, good}, "not of Content-Type \"text/html\""},
      {{200, {}, good}, "not of Content-Type \"\""},
      {reply(200, ""), "not JSON"},
      {reply(200, R"({"removed":1})"), "#/removed breaks \"additionalProperties\""},
      {reply(200, R"({"code":200,"msg":"ok"})"), "# breaks \"required\""},
      {reply(200,
             R"({"code":200,"msg":"ok","data":[{"iccid":"898604293620C0000970","removed":1}]})"),
       "#/data/0/removed breaks \"type\""},
      {reply(200, R"({"code":201,"msg":"ok","data":[]})"), "#/code breaks \"enum\""},
      {reply(404, refusal(400)), "code 400 is not the status"},
      {reply(404, R"({"code":404,"msg":"","error":{"key":"not_found","params":{}}})"), "#/msg breaks \"minLength\""},
  };
  for (const auto& [wrong, reason] : replies) {
    const std::string error = api().answer_error(removal, wrong);
    INFO(wrong.status << " " << wrong.body << ": " << error);
    CHECK(has(error, reason));
  }
}

TEST_CASE("the response to an unknown operation is the error envelope with its status") {
  CHECK(api().refusal_error(reply(404, refusal(404))) == "");
  CHECK(api().refusal_error(reply(405, refusal(404))) != "");
  CHECK(api().refusal_error(reply(404, R"({"code":404})")) != "");
  CHECK(api().refusal_error(reply(404, "no")) != "");
}
