// SPDX-License-Identifier: Apache-2.0
#include "system/openapi_walk.h"

#include <catch2/catch.hpp>

#include "support/json_schema.h"

namespace iotcard {
namespace {

std::set<std::string> names_in_query(const std::string& target) {
  std::set<std::string> names;
  for (std::size_t at = target.find('?'); at != std::string::npos; at = target.find('&', at + 1)) {
    names.insert(target.substr(at + 1, target.find('=', at) - at - 1));
  }
  return names;
}

std::string bearer(const std::string& token) {
  return "Bearer " + token;
}

}  // namespace

OpenApiWalk::OpenApiWalk(std::uint16_t port, std::string read_token, std::string write_token)
    : port_(port), read_token_(std::move(read_token)), write_token_(std::move(write_token)) {}

HttpCall OpenApiWalk::request(const std::string& method, const std::string& target,
                              const Body& body) const {
  HttpCall request{method, target, {{"Authorization", bearer(write_token_)}}, body.text};
  if (!body.type.empty()) request.headers["Content-Type"] = body.type;
  return request;
}

HttpReply OpenApiWalk::call(const HttpCall& request, int status) {
  const HttpReply reply = http(port_, request);
  INFO(request.method << " " << request.target << " " << request.body.substr(0, 200) << "\n"
                      << reply.status << " " << reply.body);
  CHECK(reply.status == status);
  const bool described = page_.find(request) != nullptr;
  CHECK((described ? page_.answer_error(request, reply) : page_.refusal_error(reply)) == "");
  return reply;
}

void OpenApiWalk::note(const HttpCall& request) {
  INFO(request.method << " " << request.target << " " << request.body);
  const ApiOperation* operation = page_.find(request);
  REQUIRE(operation != nullptr);
  CHECK(page_.request_error(request) == "");
  good_[operation->id] = request;
  query_[operation->id].merge(names_in_query(request.target));
}

rapidjson::Document OpenApiWalk::good(int status, const std::string& method,
                                      const std::string& target, const Body& body) {
  const HttpCall request = this->request(method, target, body);
  note(request);
  const HttpReply reply = call(request, status);
  const bool json = reply.headers.contains("content-type") &&
                    reply.headers.at("content-type") == "application/json";
  return json ? parse_json(reply.body) : rapidjson::Document{};
}

void OpenApiWalk::bad(int status, const std::string& method, const std::string& target,
                      const Body& body) {
  const HttpCall request = this->request(method, target, body);
  INFO(method << " " << target << " " << body.text);
  CHECK(page_.request_error(request) != "");
  call(request, status);
}

void OpenApiWalk::refused(int status, const std::string& method, const std::string& target,
                          const Body& body) {
  const HttpCall request = this->request(method, target, body);
  INFO(method << " " << target << " " << body.text.substr(0, 200));
  CHECK(page_.request_error(request) == "");
  call(request, status);
}

void OpenApiWalk::read_by_cursor(const std::string& list) {
  const auto first = good(200, "GET", list + "?pageSize=1");
  REQUIRE(first["nextCursor"].IsString());
  const auto rest = good(200, "GET", list + "?cursor=" + first["nextCursor"].GetString());
  CHECK(rest["rows"].Size() == first["total"].GetUint() - 1);
  CHECK(rest["nextCursor"].IsNull());
  bad(400, "GET", list + "?cursor=null");
  refused(400, "GET", list + "?cursor=0123456789");
}

std::string OpenApiWalk::stream(const std::string& target, const std::string& last_event_id,
                                const std::string& text) {
  HttpCall request = this->request("GET", target, {"", ""});
  if (!last_event_id.empty()) request.headers["Last-Event-ID"] = last_event_id;
  note(request);
  HttpConnection connection{port_};
  connection.send(request);
  const bool came = connection.read_until(text);
  const std::string& received = connection.received();
  INFO(received);
  CHECK(came);
  const std::size_t head = received.find("\r\n\r\n");
  CHECK(received.starts_with("HTTP/1.1 200 "));
  CHECK(received.substr(0, head).find("Content-Type: text/event-stream") != std::string::npos);
  HttpReply reply{200, {{"content-type", "text/event-stream"}}, ""};
  CHECK(page_.answer_error(request, reply) == "");
  return received.substr(head);
}

void OpenApiWalk::finish() {
  for (const ApiOperation& operation : page_.operations()) {
    INFO(operation.id);
    REQUIRE(good_.contains(operation.id));
    CHECK(query_[operation.id] == operation.query);

    const HttpCall& once = good_.at(operation.id);
    HttpCall other = once;
    other.target += once.target.find('?') == std::string::npos ? "?colour=red" : "&colour=red";
    CHECK(page_.request_error(other) != "");
    call(other, 400);

    HttpCall without = once;
    without.headers.erase("Authorization");
    if (!operation.scope.empty()) call(without, 401);
    HttpCall unknown = once;
    unknown.headers["Authorization"] = bearer("not-a-token-of-anybody");
    if (!operation.scope.empty()) call(unknown, 401);
    HttpCall reader = once;
    reader.headers["Authorization"] = bearer(read_token_);
    if (operation.scope == "write") call(reader, 403);

    HttpCall method = once;
    method.method = "PATCH";
    method.body.clear();
    call(method, 405);
  }
}

}  // namespace iotcard
