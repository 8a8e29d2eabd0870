// SPDX-License-Identifier: Apache-2.0
#include "api/request.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/time_spelling.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::int64_t most_pages = 1'000'000'000;

[[noreturn]] void wrong(std::string_view name, std::string_view value, std::string_view expected) {
  throw wrong_parameter(
      name, fmt::format("{}: expected {}, not \"{}\"", name, expected, printable(value)));
}

[[noreturn]] void unknown(std::string_view name, const std::string& message) {
  throw ApiError{400, {ErrorKey::unknown_parameter, {{"name", printable(name)}}}, message};
}

std::string snake_case(std::string_view name) {
  std::string snake;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !snake.empty()) snake += '_';
    snake += to_lower(c);
  }
  return snake;
}

std::string_view behind_scheme(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return {};
}

}  // namespace

ApiError wrong_parameter(std::string_view name, const std::string& message) {
  return {400, {ErrorKey::invalid_parameter, {{"name", printable(name)}}}, message};
}

std::string RequestHead::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string{} : found->second;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const std::string_view digits = text.substr(i + 1, 2);
      const auto value = parse_integer<std::uint8_t>(digits, 16);
      if (digits.size() < 2 || !value) return std::nullopt;
      decoded += static_cast<char>(*value);
      i += 2;
    } else {
      decoded += plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  if (!is_utf8(decoded)) return std::nullopt;
  return decoded;
}

std::vector<std::pair<std::string, std::string>> parsed_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (one.empty()) continue;
    const std::size_t equals = std::min(one.find('='), one.size());
    auto name = percent_decoded(one.substr(0, equals), true);
    auto value = percent_decoded(one.substr(std::min(equals + 1, one.size())), true);
    if (!name || !value) {
      throw ApiError{400, "the query is not percent-encoded UTF-8"};
    }
    for (const auto& [known, ignored] : parameters) {
      if (known == *name)
        throw wrong_parameter(*name, fmt::format("{}: stands there twice", printable(*name)));
    }
    parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return parameters;
}

Iccid iccid_of(const Request& request, const std::string& name) {
  return iccid_from_operator(request.part(name));
}

std::int64_t id_of(const Request& request, const std::string& name) {
  const std::string& text = request.part(name);
  const auto id = parse_integer(text);
  if (!id || *id < 1) wrong(name, text, "a whole number from 1 on");
  return *id;
}

DeviceKey device_of(const Request& request) {
  const DeviceKey device{request.part("product"), request.part("number")};
  for (const std::string& level : {device.product, device.number}) {
    if (is_topic_level(level)) continue;
    throw ApiError{404,
                   {ErrorKey::device_not_found, {{"device", printable(device.text())}}},
                   fmt::format("there is no device {}: a product or a number is one level of "
                               "a topic",
                               printable(device.text()))};
  }
  return device;
}

std::optional<std::string> QueryReader::text(std::string_view name) {
  known_.emplace_back(name);
  for (const auto& [known, value] : request_.query) {
    if (known == name && !value.empty()) return value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> QueryReader::integer(std::string_view name, std::int64_t least,
                                                 std::int64_t most) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto number = parse_integer(*value);
  if (!number || *number < least || *number > most) {
    wrong(name, *value, fmt::format("a whole number from {} to {}", least, most));
  }
  return number;
}

std::optional<Instant> QueryReader::time(std::string_view name, Instant now) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto reading = read_age_or_time(*value, now);
  if (const auto* time = std::get_if<Instant>(&reading)) return *time;
  throw wrong_parameter(name, fmt::format("{}: {}, not \"{}\"", name,
                                          std::get<Problem>(reading).text, printable(*value)));
}

std::optional<bool> QueryReader::boolean(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  if (*value == "true" || *value == "1") return true;
  if (*value == "false" || *value == "0") return false;
  wrong(name, *value, "true or false");
}

PageRequest QueryReader::page() {
  PageRequest page;
  const auto number = integer("pageNum", 1, most_pages);
  page.number = number.value_or(1);
  known_.emplace_back("cursor");
  for (const auto& [name, value] : request_.query) {
    if (name == "cursor") page.cursor = value;  // an empty one is an error, not the beginning
  }
  if (number && page.cursor) {
    throw ApiError{400,
                   "pageNum and cursor: expected one of them; a cursor already says where the "
                   "page begins"};
  }
  page.size = static_cast<int>(integer("pageSize", 1, max_page_rows).value_or(10));
  return page;
}

OrderedPage QueryReader::ordered_page(const std::vector<std::string_view>& columns) {
  OrderedPage page;
  page.page = this->page();
  if (const auto column = text("orderByColumn")) {
    page.order_by = snake_case(*column);
    if (!contains(columns, page.order_by)) wrong_choice("orderByColumn", *column, columns);
  }
  if (const auto direction = text("isAsc")) {
    page.says_direction = true;
    page.ascending =
        contains(std::initializer_list<std::string_view>{"asc", "ascending", "true"}, *direction);
    if (!page.ascending && *direction != "desc" && *direction != "descending" &&
        *direction != "false") {
      wrong("isAsc", *direction, "asc or desc");
    }
  }
  return page;
}

void QueryReader::finish() const {
  for (const auto& [name, value] : request_.query) {
    if (contains(known_, name)) continue;
    unknown(name, fmt::format("{}: unknown parameter; {}", printable(name),
                              known_.empty() ? std::string{"none is known here"}
                                             : fmt::format("known: {}", fmt::join(known_, ", "))));
  }
}

void QueryReader::wrong_choice(std::string_view name, const std::string& value,
                               const std::vector<std::string_view>& choices) {
  wrong(name, value, fmt::format("one of {}", fmt::join(choices, ", ")));
}

JsonBody::JsonBody(const Request& request) {
  if (request.body.empty()) return;
  auto read = read_flat_json(request.body, JsonArrays::allowed);
  if (const auto* problem = std::get_if<Problem>(&read)) {
    throw ApiError{400, "the body: " + problem->text};
  }
  members_ = std::get<std::vector<JsonMember>>(std::move(read));
}

const JsonMember* JsonBody::find(std::string_view name) {
  known_.emplace_back(name);
  for (const JsonMember& member : members_) {
    if (member.name == name && member.kind != JsonMember::Kind::null) return &member;
  }
  return nullptr;
}

std::optional<std::string> JsonBody::text(std::string_view name) {
  const JsonMember* member = find(name);
  if (member == nullptr) return std::nullopt;
  if (member->kind == JsonMember::Kind::integer) {
    throw wrong_parameter(name, fmt::format("{}: expected a text; write it in quotes: \"{}\"", name,
                                            printable(member->text)));
  }
  if (member->kind != JsonMember::Kind::text) wrong(name, member->text, "a text");
  return member->text;
}

std::string JsonBody::required_text(std::string_view name) {
  auto value = text(name);
  if (!value || value->empty()) {
    throw wrong_parameter(name, fmt::format("{}: expected in the body", name));
  }
  return *std::move(value);
}

std::optional<bool> JsonBody::boolean(std::string_view name) {
  const JsonMember* member = find(name);
  if (member == nullptr) return std::nullopt;
  if (member->kind != JsonMember::Kind::boolean) wrong(name, member->text, "true or false");
  return member->text == "true";
}

std::optional<std::int64_t> JsonBody::integer(std::string_view name) {
  const JsonMember* member = find(name);
  if (member == nullptr) return std::nullopt;
  const auto value = parse_integer(member->text);
  if (member->kind != JsonMember::Kind::integer || !value) {
    wrong(name, member->text, "a whole number");
  }
  return value;
}

std::optional<std::vector<std::string>> JsonBody::texts(std::string_view name) {
  const JsonMember* member = find(name);
  if (member == nullptr) return std::nullopt;
  if (member->kind != JsonMember::Kind::texts) wrong(name, member->text, "an array of texts");
  return member->items;
}

std::optional<std::vector<std::int64_t>> JsonBody::integers(std::string_view name) {
  const JsonMember* member = find(name);
  if (member == nullptr) return std::nullopt;
  const bool empty = member->kind == JsonMember::Kind::texts && member->items.empty();
  if (member->kind != JsonMember::Kind::integers && !empty) {
    wrong(name, member->text, "an array of whole numbers");
  }
  std::vector<std::int64_t> numbers;
  for (const std::string& item : member->items) {
    const auto number = parse_integer(item);
    if (!number) wrong(name, item, "a whole number");
    numbers.push_back(*number);
  }
  return numbers;
}

std::vector<JsonMember> JsonBody::others() const {
  std::vector<JsonMember> left;
  for (const JsonMember& member : members_) {
    if (!contains(known_, member.name)) left.push_back(member);
  }
  return left;
}

void JsonBody::finish() const {
  const auto left = others();
  if (left.empty()) return;
  unknown(left.front().name,
          fmt::format("{}: unknown in the body; {}", printable(left.front().name),
                      known_.empty() ? std::string{"nothing is expected in it"}
                                     : fmt::format("known: {}", fmt::join(known_, ", "))));
}

bool same_origin(std::string_view origin, std::string_view host) {
  const std::string_view authority = behind_scheme(origin);
  if (authority.empty()) return false;
  // A browser leaves the port out where it is the scheme's own.
  const std::string_view own_port = origin.starts_with("https") ? ":443" : ":80";
  return equal_ignoring_case(authority, host) ||
         equal_ignoring_case(std::string{authority}.append(own_port), host);
}

}  // namespace iotcard
