// SPDX-License-Identifier: Apache-2.0
// openapi.h - Holds HTTP requests and answers against schemas/openapi.yaml. Reads of OpenAPI 3.1
// what that page uses; not a client, and no judge of tokens. One thread.
#pragma once

#include <rapidjson/document.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/http_client.h"

namespace iotcard {

struct ApiOperation {
  std::string method;  // "GET"
  std::string path;    // "/card/{iccid}/bind"
  std::string id;
  std::string scope;            // "read" or "write", "" if no token is asked for
  std::set<std::string> query;  // names of its parameters there
};

class OpenApi {
 public:
  OpenApi();  // throws std::exception if the page cannot be read

  const std::vector<ApiOperation>& operations() const { return operations_; }
  // What a request is one of by its method and target; null if it is none.
  const ApiOperation* find(const HttpCall& request) const;

  // What is wrong, with where it stands; "" if nothing is.
  std::string request_error(const HttpCall& request) const;
  std::string answer_error(const HttpCall& request, const HttpReply& reply) const;
  // Of an answer to what is no operation, such as a path that there is not.
  std::string refusal_error(const HttpReply& reply) const;
  // Of a value by the schema at a place of the page: "/components/schemas/Card".
  std::string value_error(const std::string& schema, const rapidjson::Value& value) const;

  const rapidjson::Document& page() const { return page_; }

 private:
  using Value = rapidjson::Value;
  struct Match {
    std::size_t operation;
    std::map<std::string, std::string> parts;  // of the path, decoded
  };

  bool match(const HttpCall& request, Match& match, std::string& error) const;
  const Value& resolve(const Value& value) const;  // what it refers to, or itself
  void inline_references(Value& schema, rapidjson::Document& owner) const;
  std::string breach(const Value& schema, const Value& value) const;
  const Value& node_of(const ApiOperation& operation) const;
  const Value* parameter(const Value& operation, const std::string& in,
                         const std::string& name) const;
  std::string text_error(const Value& parameter, const std::string& text) const;
  std::string query_error(const Value& operation, const std::string& target) const;
  std::string body_error(const Value& content, const std::string& content_type,
                         const std::string& body) const;

  rapidjson::Document page_;
  std::vector<ApiOperation> operations_;
};

}  // namespace iotcard
