// SPDX-License-Identifier: Apache-2.0
#include "api/received_head.h"

#include <fmt/format.h>
#include <microhttpd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

struct Field {
  std::string_view name;
  std::string_view value;
};

constexpr std::array<const char*, 7> single_fields{
    "host",          "content-length", "content-type", "transfer-encoding",
    "authorization", "origin",         "if-match"};

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || std::strchr("!#$%&'*+-.^_`|~", c) != nullptr;
  }) && text.find('\0') == std::string_view::npos;
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return is_control(c) && c != '\t'; });
}

// Blanks only, where the line ends.
std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<Field> fields_of(MHD_Connection* connection) {
  std::vector<Field> fields;
  const auto add = [](void* cls, MHD_ValueKind, const char* key, size_t key_size, const char* value,
                      size_t value_size) noexcept -> MHD_Result {
    try {
      static_cast<std::vector<Field>*>(cls)->push_back(
          {{key, key_size}, {value == nullptr ? "" : value, value_size}});
      return MHD_YES;
    } catch (...) {
      return MHD_NO;
    }
  };
  const int count = MHD_get_connection_values_n(connection, MHD_HEADER_KIND, +add, &fields);
  if (count < 0 || fields.size() != static_cast<std::size_t>(count)) throw std::bad_alloc{};
  return fields;
}

std::size_t head_bytes(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info == nullptr ? 0 : info->header_size;
}

#if MHD_VERSION < 0x01000000
// Before 1.0 the library takes a line feed alone for the end of a line, joins folded lines, and
// ends texts at a NUL, without a word. What it hands over are places in the head as it came, so
// that the distances between them tell: between two fields there must be exactly CR and LF, and all
// lengths must add up to the head's. A head that is kept in another way is refused too.
bool is_as_it_came(const RequestLine& line, const std::vector<Field>& fields, std::size_t bytes) {
  const char* at = line.method + std::strlen(line.method) + 1;
  if (line.target_at != at) return false;
  at += line.target.size() + 1;
  if (line.version != at) return false;
  at += std::strlen(line.version) + 2;
  for (const Field& field : fields) {
    if (field.name.data() != at) return false;
    at += field.name.size() + 1;
    const auto gap = field.value.data() - at;
    if (gap < 0 || static_cast<std::size_t>(gap) > bytes) return false;
    at = field.value.data() + field.value.size() + 2;
  }
  return line.method + bytes == at + 2;
}
#else
// From 1.0 on the library refuses all that itself: MHD_OPTION_CLIENT_DISCIPLINE_LVL.
bool is_as_it_came(const RequestLine&, const std::vector<Field>&, std::size_t) {
  return true;
}
#endif

[[noreturn]] void refuse(const std::string& what) {
  throw ApiError{400, "this is no HTTP request: " + what};
}

// A target may name the server too, and then counts for more than Host: RFC 9112, 3.2.2.
void use_absolute_target(RequestHead& head) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (head.target.size() < scheme.size() ||
        !equal_ignoring_case(std::string_view{head.target}.substr(0, scheme.size()), scheme)) {
      continue;
    }
    const std::size_t path =
        std::min(head.target.find_first_of("/?", scheme.size()), head.target.size());
    head.headers["host"] = head.target.substr(scheme.size(), path - scheme.size());
    const std::string rest = head.target.substr(path);
    head.target = rest.starts_with('/') ? rest : '/' + rest;
    return;
  }
}

void add_field(RequestHead& head, const Field& field) {
  if (!is_token(field.name)) {
    refuse(fmt::format("the name of a field: {}", printable(field.name, 60)));
  }
  const std::string name = to_lower(field.name);
  if (!is_field_value(field.value)) refuse(name + " has control characters");
  const std::string_view value = without_blanks(field.value);
  const auto [at, fresh] = head.headers.emplace(name, value);
  if (fresh) return;
  if (contains(single_fields, std::string_view{name})) {
    throw ApiError{400, name + ": stands there twice"};
  }
  at->second.append(name == "cookie" ? "; " : ", ").append(value);
}

}  // namespace

RequestHead received_head(MHD_Connection* connection, const RequestLine& line) {
  const std::size_t bytes = head_bytes(connection);
  if (bytes > max_head_bytes) {
    throw ApiError{431, fmt::format("expected a head of at most {} bytes", max_head_bytes)};
  }
  const std::vector<Field> fields = fields_of(connection);
  if (!is_as_it_came(line, fields, bytes)) {
    refuse("expected lines that end with CR and LF, each with one field");
  }
  RequestHead head;
  head.method = line.method;
  head.target = line.target;
  if (!is_token(head.method)) refuse("the method");
  if (!std::ranges::all_of(head.target, [](char c) { return c > ' ' && c < 0x7F; })) {
    refuse("the target is not percent-encoded");
  }
  if (head.target.size() > max_target_bytes) {
    throw ApiError{
        414, fmt::format("the path and query are too long: at most {} bytes", max_target_bytes)};
  }
  for (const Field& field : fields) add_field(head, field);
  const bool old = std::string_view{line.version} == "HTTP/1.0";
  if (!old && !head.headers.contains("host")) refuse("expected the field Host");
  const auto coding = head.headers.find("transfer-encoding");
  if (coding != head.headers.end()) {
    if (old) refuse("HTTP/1.0 has no Transfer-Encoding");
    // The library compares the value as it came.
    for (const Field& field : fields) {
      if (equal_ignoring_case(field.name, coding->first) && field.value != coding->second) {
        refuse("a blank behind Transfer-Encoding");
      }
    }
    coding->second = to_lower(coding->second);
  }
  use_absolute_target(head);
  return head;
}

}  // namespace iotcard
