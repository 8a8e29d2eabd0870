// SPDX-License-Identifier: Apache-2.0
#include "domain/card_fields.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/byte_size.h"
#include "base/digit.h"
#include "base/time_spelling.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

using Expectation = std::optional<std::string>;

constexpr std::size_t max_text = 256;  // characters
constexpr std::size_t max_note = 4096;

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end) return std::nullopt;
  return value;
}

// Text. A note may have lines.

Expectation check_text(std::string_view text, std::size_t most, bool lines) {
  if (!is_utf8(text)) return "text in UTF-8";
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    const bool layout = c == '\n' || c == '\r' || c == '\t';
    if (control && !(lines && layout)) return "text without control characters";
  }
  if (count_characters(text) > most) {
    return "text of at most " + std::to_string(most) + " characters";
  }
  return std::nullopt;
}

template <std::string Card::*Member>
std::string get_text(const Card& card) {
  return card.*Member;
}

template <std::string Card::*Member, std::size_t Most = max_text>
Expectation set_text(Card& card, std::string_view text, Duration /*zone*/) {
  if (auto expectation = check_text(text, Most, Most == max_note)) return expectation;
  card.*Member = text;
  return std::nullopt;
}

// Numbers of the telephone world: digits, which people write with blanks, hyphens and a plus.

std::string without_number_marks(std::string_view text) {
  std::string digits;
  if (text.starts_with('+')) text.remove_prefix(1);
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](char c) { return c != ' ' && c != '-'; });
  return digits;
}

template <std::string Card::*Member, std::size_t Least, std::size_t Most>
Expectation set_digits(Card& card, std::string_view text, Duration /*zone*/) {
  std::string digits = without_number_marks(text);
  const bool fits = digits.size() >= Least && digits.size() <= Most &&
                    std::all_of(digits.begin(), digits.end(), is_digit);
  if (!text.empty() && !fits) {
    return std::to_string(Least) + " to " + std::to_string(Most) + " digits";
  }
  card.*Member = std::move(digits);
  return std::nullopt;
}

// Names, which are in lower case; their letter case does not matter.

template <auto Member, const auto& Names>
std::string get_name(const Card& card) {
  return std::string{Names[card.*Member]};
}

template <auto Member, const auto& Names>
Expectation set_name(Card& card, std::string_view text, Duration /*zone*/) {
  std::string lower{text};
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto value = Names.find(lower.empty() ? Names.names[0] : lower);
  if (!value) {
    std::string expectation = "one of";
    for (const std::string_view name : Names.names) expectation.append(" ").append(name);
    return expectation;
  }
  card.*Member = *value;
  return std::nullopt;
}

// Bytes.

enum class Sign { none, any };

template <auto Member, Sign Allowed = Sign::none>
Expectation set_bytes(Card& card, std::string_view text, Duration /*zone*/) {
  std::optional<std::int64_t> bytes;
  if (!text.empty()) {
    bytes = parse_byte_size(text);
    if (!bytes || (Allowed == Sign::none && *bytes < 0)) {
      return "bytes, such as 500000000, 500MB or 1.5GiB";
    }
  }
  card.*Member = bytes;
  return std::nullopt;
}

template <auto Member>
std::string get_integer(const Card& card) {
  const auto& value = card.*Member;
  return value ? std::to_string(*value) : std::string{};
}

Expectation set_platform(Card& card, std::string_view text, Duration /*zone*/) {
  std::optional<std::int64_t> platform;
  if (!text.empty()) {
    platform = parse_integer(text);
    if (!platform || *platform <= 0) return "a platform's number, above 0";
  }
  card.platform = platform;
  return std::nullopt;
}

Expectation set_alert_percent(Card& card, std::string_view text, Duration /*zone*/) {
  std::optional<int> percent;
  if (!text.empty()) {
    if (text.ends_with('%')) text.remove_suffix(1);
    const auto value = parse_integer(text);
    if (!value || *value < 1 || *value > 100) return "a percentage from 1 to 100";
    percent = static_cast<int>(*value);
  }
  card.alert_percent = percent;
  return std::nullopt;
}

// Times, cut to the millisecond in which they are written.

Expectation read_time(std::string_view text, Duration zone, Instant& time) {
  const auto reading = read_time_spelling(text, zone);
  if (const auto* expected = std::get_if<std::string>(&reading)) return *expected;
  time = std::chrono::floor<std::chrono::milliseconds>(std::get<Instant>(reading));
  return std::nullopt;
}

template <auto Member>
std::string get_time(const Card& card) {
  const auto& time = card.*Member;
  return time ? to_rfc3339(*time) : std::string{};
}

template <auto Member>
Expectation set_time(Card& card, std::string_view text, Duration zone) {
  std::optional<Instant> time;
  if (!text.empty()) {
    if (auto expected = read_time(text, zone, time.emplace())) return expected;
  }
  card.*Member = time;
  return std::nullopt;
}

// The store's own times are always there; the epoch stands for one that is not yet.
template <Instant Card::*Member>
std::string get_stamp(const Card& card) {
  return card.*Member == Instant{} ? std::string{} : to_rfc3339(card.*Member);
}

template <Instant Card::*Member>
Expectation set_stamp(Card& card, std::string_view text, Duration zone) {
  Instant time{};
  if (!text.empty()) {
    if (auto expected = read_time(text, zone, time)) return expected;
  }
  card.*Member = time;
  return std::nullopt;
}

constexpr auto text_kind = CardField::Kind::text;
constexpr auto integer_kind = CardField::Kind::integer;
constexpr auto operators = CardField::Owner::operators;
constexpr auto daemon = CardField::Owner::daemon;

template <std::string Card::*Member, std::size_t Most = max_text>
constexpr CardField text_field(std::string_view name) {
  return {name, text_kind, operators, get_text<Member>, set_text<Member, Most>};
}
template <std::string Card::*Member, std::size_t Least, std::size_t Most>
constexpr CardField digits_field(std::string_view name) {
  return {name, text_kind, operators, get_text<Member>, set_digits<Member, Least, Most>};
}
template <auto Member, const auto& Names>
constexpr CardField name_field(std::string_view name) {
  return {name, text_kind, operators, get_name<Member, Names>, set_name<Member, Names>};
}
template <auto Member, Sign Allowed = Sign::none>
constexpr CardField bytes_field(std::string_view name) {
  return {name, integer_kind, operators, get_integer<Member>, set_bytes<Member, Allowed>};
}
template <auto Member>
constexpr CardField time_field(std::string_view name,
                               CardField::Owner owner = CardField::Owner::operators) {
  return {name, text_kind, owner, get_time<Member>, set_time<Member>};
}

constexpr std::array fields = {
    digits_field<&Card::imsi, 6, 15>("imsi"),
    digits_field<&Card::msisdn, 3, 15>("msisdn"),
    digits_field<&Card::imei, 14, 16>("imei"),  // 16: with the software version
    text_field<&Card::access_number>("access_number"),
    text_field<&Card::operator_name>("operator"),
    CardField{"platform", integer_kind, operators, get_integer<&Card::platform>, set_platform},
    text_field<&Card::plan>("plan"),
    name_field<&Card::status, card_status_names>("status"),
    name_field<&Card::network, network_names>("network"),
    text_field<&Card::status_reason>("status_reason"),
    text_field<&Card::raw_status>("raw_status"),
    bytes_field<&Card::used_bytes>("used_bytes"),
    bytes_field<&Card::limit_bytes>("limit_bytes"),
    bytes_field<&Card::remaining_bytes, Sign::any>("remaining_bytes"),
    name_field<&Card::usage_scope, usage_scope_names>("usage_scope"),
    time_field<&Card::period_start>("period_start"),
    time_field<&Card::period_end>("period_end"),
    time_field<&Card::opened_at>("opened_at"),
    time_field<&Card::activated_at>("activated_at"),
    time_field<&Card::expires_at>("expires_at"),
    CardField{"alert_percent", integer_kind, operators, get_integer<&Card::alert_percent>,
              set_alert_percent},
    text_field<&Card::note, max_note>("note"),
    time_field<&Card::refreshed_at>("refreshed_at", daemon),
    CardField{"created_at", text_kind, daemon, get_stamp<&Card::created_at>,
              set_stamp<&Card::created_at>},
    CardField{"updated_at", text_kind, daemon, get_stamp<&Card::updated_at>,
              set_stamp<&Card::updated_at>},
};

}  // namespace

std::span<const CardField> card_fields() {
  return fields;
}

const CardField* find_card_field(std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const CardField& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace iotcard
