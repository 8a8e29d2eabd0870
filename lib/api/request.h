// SPDX-License-Identifier: Apache-2.0
// request.h - A request of a client: method, path, parameters, headers and body, all decoded and,
// except the body, valid UTF-8; and readers of typed values. A wrong value throws ApiError 400,
// which names the parameter and what is expected. Knows no HTTP library. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/response.h"
#include "base/json_object.h"
#include "operations/listing.h"

namespace iotcard {

enum class Method : std::uint8_t { get, post, put, remove };  // HEAD is a get

// The head of a request as received.
struct RequestHead {
  std::string method{};  // may be "HEAD"
  std::string target{};  // path and query, percent-encoded
  // By name in lower case; the values of a repeated header are joined by ", ".
  std::map<std::string, std::string> headers{};
  std::string peer{};   // the address that the connection comes from
  bool secure = false;  // the connection is our own HTTPS

  std::string header(const std::string& name) const;  // "" if there is none
};

struct Request {
  Method method = Method::get;
  std::string path;                            // percent-encoded, without the query
  std::map<std::string, std::string> parts{};  // of the path, by their names in Route::pattern
  std::vector<std::pair<std::string, std::string>> query{};
  RequestHead head{};
  std::string peer{};   // as in the head
  bool secure = false;  // as in the head
  std::string body{};   // for multipart/form-data, only the content of the field "file"

  const std::string& part(const std::string& name) const { return parts.at(name); }
};

// Decodes "%2F" to '/', and '+' to a blank if `plus`. nullopt: a wrong escape, or not UTF-8.
std::optional<std::string> percent_decoded(std::string_view text, bool plus);
// Throws ApiError.
std::vector<std::pair<std::string, std::string>> parsed_query(std::string_view query);

// 400: this parameter, or member of the body, is wrong.
ApiError wrong_parameter(std::string_view name, const std::string& message);

// Typed parts of the path; each throws ApiError.
Iccid iccid_of(const Request& request, const std::string& name = "iccid");
std::int64_t id_of(const Request& request, const std::string& name = "id");
DeviceKey device_of(const Request& request);  // {product} and {number}

inline constexpr std::int64_t max_page_rows = 500;

struct OrderedPage {
  PageRequest page;
  std::string order_by;  // snake_case; "" for the default order
  bool ascending = true;
  bool says_direction = false;  // isAsc was given
};

// Reads the parameters of the query; finish() refuses those that were not read.
class QueryReader {
 public:
  explicit QueryReader(const Request& request) : request_(request) {}

  // nullopt: absent or empty.
  std::optional<std::string> text(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<bool> boolean(std::string_view name);  // true or false, also 1 or 0
  // A time, or an age such as "1h": so long before `now`.
  std::optional<Instant> time(std::string_view name, Instant now);
  // One of the names of a NameTable.
  template <typename Table>
  auto choice(std::string_view name, const Table& table) {
    const auto value = text(name);
    auto found = table.find(value ? std::string_view{*value} : std::string_view{"\n"});
    if (value && !found) wrong_choice(name, *value, {table.names.begin(), table.names.end()});
    return found;
  }
  // pageNum or cursor, and pageSize, for a list with only one order.
  PageRequest page();
  // The same, orderByColumn and isAsc. `columns` are in snake_case; the request may also
  // use camelCase.
  OrderedPage ordered_page(const std::vector<std::string_view>& columns);
  // Call it last: throws if there is a parameter that was not read.
  void finish() const;

 private:
  [[noreturn]] static void wrong_choice(std::string_view name, const std::string& value,
                                        const std::vector<std::string_view>& choices);
  const Request& request_;
  std::vector<std::string> known_{};
};

// A body that is a flat JSON object, whose values may be arrays of texts or of whole numbers. An
// empty body is an object without members.
class JsonBody {
 public:
  explicit JsonBody(const Request& request);

  // nullopt: absent or null. A value that is not a string is an error. For a number, the message
  // asks for quotes: other programs lose digits of an ICCID or device number without quotes.
  std::optional<std::string> text(std::string_view name);
  std::string required_text(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name);
  std::optional<std::vector<std::string>> texts(std::string_view name);
  std::optional<std::vector<std::int64_t>> integers(std::string_view name);
  // All members that were not read, in their order.
  std::vector<JsonMember> others() const;
  // Call it last: throws if there is a member that was not read.
  void finish() const;

 private:
  const JsonMember* find(std::string_view name);
  std::vector<JsonMember> members_;
  std::vector<std::string> known_{};
};

// Checks of the headers by which a browser says where a request comes from: Host against DNS
// rebinding, Origin against pages of other sites. Sources: RFC 9110, 7.2; the Fetch standard.

// Whether a page of `origin` ("http://127.0.0.1:8480") was served by `host` itself.
bool same_origin(std::string_view origin, std::string_view host);

}  // namespace iotcard
