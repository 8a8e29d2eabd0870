// SPDX-License-Identifier: Apache-2.0
#include "domain/card_fields.h"

#include <algorithm>
#include <array>
#include <variant>

#include "base/byte_size.h"
#include "base/text.h"
#include "base/time_spelling.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::size_t max_text = 256;  // characters
constexpr std::size_t max_note = 4096;

// Text. A note may have lines.

Check check_text(std::string_view text, std::size_t max, bool lines) {
  if (!is_utf8(text)) return expected("text in UTF-8");
  for (const char c : text) {
    const bool layout = c == '\n' || c == '\r' || c == '\t';
    if (is_control(c) && !(lines && layout)) return expected("text without control characters");
  }
  if (count_characters(text) > max) {
    return expected("text of at most " + std::to_string(max) + " characters");
  }
  return std::nullopt;
}

template <auto Member>
std::string get_text(const Card& card) {
  return card.*Member;
}

template <auto Member, std::size_t Max = max_text>
Check set_text(Card& card, std::string_view text, Duration /*zone*/) {
  if (auto problem = check_text(text, Max, Max == max_note)) return problem;
  card.*Member = text;
  return std::nullopt;
}

// Telephone numbers and the like: digits, often written "+7 (921) 000-00-01" or "0170/1234567". A
// point is none of these marks: "8610649.0" is what a spreadsheet made of a number.

std::string without_number_marks(std::string_view text) {
  constexpr std::string_view marks = " -()/";
  constexpr std::string_view no_break_space = "\xC2\xA0";
  std::string digits;
  if (text.starts_with('+')) text.remove_prefix(1);
  while (!text.empty()) {
    const bool wide = text.starts_with(no_break_space);
    if (!wide && marks.find(text.front()) == std::string_view::npos) digits += text.front();
    text.remove_prefix(wide ? no_break_space.size() : 1);
  }
  return digits;
}

template <auto Member, std::size_t Min, std::size_t Max>
Check set_digits(Card& card, std::string_view text, Duration /*zone*/) {
  std::string digits = without_number_marks(text);
  const bool fits = digits.size() >= Min && digits.size() <= Max && all_digits(digits);
  if (!text.empty() && !fits) {
    return expected(std::to_string(Min) + " to " + std::to_string(Max) + " digits");
  }
  card.*Member = std::move(digits);
  return std::nullopt;
}

// Names of enums. Letter case does not matter.

template <auto Member, const auto& Names>
std::string get_name(const Card& card) {
  return std::string{Names[card.*Member]};
}

template <auto Member, const auto& Names>
Check set_name(Card& card, std::string_view text, Duration /*zone*/) {
  const auto value = text.empty() ? Names.find(Names.names[0]) : Names.find(to_lower(text));
  if (!value) {
    return expected("one of " + join(Names.names, " "));
  }
  card.*Member = *value;
  return std::nullopt;
}

// Values that may be absent: `Read` makes one of a text that is not empty.

template <typename Value>
using Reading = std::variant<Value, Problem>;

template <auto Member, auto Read>
Check set_value(Card& card, std::string_view text, Duration zone) {
  if (text.empty()) {
    card.*Member = {};
    return std::nullopt;
  }
  auto reading = Read(text, zone);
  if (auto* problem = std::get_if<Problem>(&reading)) return std::move(*problem);
  card.*Member = std::get<0>(reading);
  return std::nullopt;
}

Reading<std::int64_t> read_signed_bytes(std::string_view text, Duration /*zone*/) {
  if (const auto bytes = parse_byte_size(text)) return *bytes;
  return expected("bytes, such as 500000000, 500MB or 1.5GiB");
}

Reading<std::int64_t> read_bytes(std::string_view text, Duration zone) {
  auto reading = read_signed_bytes(text, zone);
  const auto* bytes = std::get_if<std::int64_t>(&reading);
  return bytes != nullptr && *bytes < 0 ? read_signed_bytes("", zone) : reading;
}

Reading<std::int64_t> read_platform(std::string_view text, Duration /*zone*/) {
  const auto platform = parse_integer(text);
  if (platform && *platform > 0) return *platform;
  return expected("a platform's number, above 0");
}

Reading<int> read_percent(std::string_view text, Duration /*zone*/) {
  if (text.ends_with('%')) text.remove_suffix(1);
  const auto value = parse_integer<int>(text);
  if (value && *value >= 1 && *value <= 100) return *value;
  return expected("a percentage from 1 to 100");
}

// Cut to the millisecond in which times are written.
Reading<Instant> read_time(std::string_view text, Duration zone) {
  auto reading = read_time_spelling(text, zone);
  if (auto* time = std::get_if<Instant>(&reading)) {
    *time = std::chrono::floor<std::chrono::milliseconds>(*time);
  }
  return reading;
}

template <auto Member>
std::string get_integer(const Card& card) {
  const auto& value = card.*Member;
  return value ? std::to_string(*value) : std::string{};
}

std::string write_time(const std::optional<Instant>& time) {
  return time ? to_rfc3339(*time) : std::string{};
}
// A time that the store sets. The epoch means: not yet set.
std::string write_time(Instant time) {
  return time == Instant{} ? std::string{} : to_rfc3339(time);
}

template <auto Member>
std::string get_time(const Card& card) {
  return write_time(card.*Member);
}

constexpr auto text_kind = CardField::Kind::text;
constexpr auto integer_kind = CardField::Kind::integer;
constexpr auto operators = CardField::Owner::operators;
constexpr auto platforms = CardField::Owner::platforms;
constexpr auto daemon = CardField::Owner::daemon;

template <auto Member, std::size_t Max = max_text>
constexpr CardField text_field(std::string_view name) {
  return {name, text_kind, operators, get_text<Member>, set_text<Member, Max>};
}
template <auto Member, std::size_t Min, std::size_t Max>
constexpr CardField digits_field(std::string_view name,
                                 CardField::Owner owner = CardField::Owner::operators) {
  return {name, text_kind, owner, get_text<Member>, set_digits<Member, Min, Max>};
}
template <auto Member, const auto& Names>
constexpr CardField name_field(std::string_view name) {
  return {name, text_kind, operators, get_name<Member, Names>, set_name<Member, Names>};
}
template <auto Member, auto Read>
constexpr CardField integer_field(std::string_view name) {
  return {name, integer_kind, operators, get_integer<Member>, set_value<Member, Read>};
}
template <auto Member>
constexpr CardField time_field(std::string_view name,
                               CardField::Owner owner = CardField::Owner::operators) {
  return {name, text_kind, owner, get_time<Member>, set_value<Member, read_time>};
}

constexpr std::array fields = {
    digits_field<&Card::imsi, 6, 15>("imsi"),
    digits_field<&Card::msisdn, 3, 15>("msisdn"),
    digits_field<&Card::imei, 14, 16>("imei"),  // 16: with the software version
    digits_field<&Card::network_imei, 14, 16>("network_imei", platforms),
    text_field<&Card::access_number>("access_number"),
    text_field<&Card::operator_name>("operator"),
    integer_field<&Card::platform, read_platform>("platform"),
    text_field<&Card::plan>("plan"),
    name_field<&Card::status, card_status_names>("status"),
    name_field<&Card::network, network_names>("network"),
    text_field<&Card::status_reason>("status_reason"),
    text_field<&Card::raw_status>("raw_status"),
    integer_field<&Card::used_bytes, read_bytes>("used_bytes"),
    integer_field<&Card::limit_bytes, read_bytes>("limit_bytes"),
    integer_field<&Card::remaining_bytes, read_signed_bytes>("remaining_bytes"),
    name_field<&Card::usage_scope, usage_scope_names>("usage_scope"),
    time_field<&Card::period_start>("period_start"),
    time_field<&Card::period_end>("period_end"),
    time_field<&Card::opened_at>("opened_at"),
    time_field<&Card::activated_at>("activated_at"),
    time_field<&Card::expires_at>("expires_at"),
    integer_field<&Card::alert_percent, read_percent>("alert_percent"),
    text_field<&Card::note, max_note>("note"),
    time_field<&Card::refreshed_at>("refreshed_at", daemon),
    time_field<&Card::created_at>("created_at", daemon),
    time_field<&Card::updated_at>("updated_at", daemon),
};

}  // namespace

std::span<const CardField> card_fields() {
  return fields;
}

const CardField* find_card_field(std::string_view name) {
  const auto found = std::ranges::find(fields, name, &CardField::name);
  return found == fields.end() ? nullptr : &*found;
}

bool may_platform_set(const CardField& field) {
  if (field.owner == CardField::Owner::platforms) return true;
  return field.owner == CardField::Owner::operators && field.name != "platform" &&
         field.name != "imei";
}

}  // namespace iotcard
