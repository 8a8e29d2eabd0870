// SPDX-License-Identifier: Apache-2.0
#include "platform/template.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/text.h"
#include "base/utf8.h"
#include "platform/profile.h"

namespace iotcard {
namespace {

using namespace std::chrono;

constexpr std::size_t max_bytes = std::size_t{1} << 20;  // of a text

std::string padded(std::int64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

std::string formatted(Instant wall, std::string_view format) {
  const auto day = floor<days>(wall);
  const year_month_day date{day};
  const hh_mm_ss time{floor<milliseconds>(wall - day)};
  std::string text;
  while (!format.empty()) {
    const auto take = [&](std::string_view field, std::int64_t value) {
      if (!format.starts_with(field)) return false;
      text += padded(value, field.size());
      format.remove_prefix(field.size());
      return true;
    };
    if (take("yyyy", static_cast<int>(date.year())) ||
        take("MM", static_cast<unsigned>(date.month())) ||
        take("dd", static_cast<unsigned>(date.day())) || take("HH", time.hours().count()) ||
        take("mm", time.minutes().count()) || take("SSS", time.subseconds().count()) ||
        take("ss", time.seconds().count())) {
      continue;
    }
    text += format.front();
    format.remove_prefix(1);
  }
  return text;
}

// The first midnight of the month in that zone.
Instant start_of_month(Instant now, Duration zone) {
  const year_month_day date{floor<days>(now + zone)};
  return Instant{sys_days{date.year() / date.month() / 1}} - zone;
}

// Of an argument that the parser has checked.
std::size_t number(const std::string& text) {
  return parse_integer<std::size_t>(text).value_or(0);
}

}  // namespace

Duration Values::zone(const std::string& zone) {
  if (zone.empty()) return Duration{};
  const bool literal = zone.starts_with('+') || zone.starts_with('-');
  return offset_of_zone(literal ? zone : variable(zone)).value_or(Duration{});
}

std::string Values::variable(const std::string& name) {
  if (const auto known = values_.find(name); known != values_.end()) return known->second;
  if (const auto var = vars_.find(name); var != vars_.end()) {
    return values_[name] = text(var->second);
  }
  problem_ = "{" + name + "} has no value";
  return {};
}

std::string Values::call(const TemplateCall& call, const std::string& value) {
  const auto is_secret = [this](const std::string& text) {
    return redactor_.clean_request(text) != text;
  };
  bool secret = is_secret(value);
  std::string result;
  if (const auto kind = digest_names.find(call.function)) {
    result = digest(*kind, value);
  } else if (call.function == "hmac-sha256") {
    const std::string key = variable(call.argument);
    secret = secret || is_secret(key);
    result = hmac_sha256(key, value);
  } else if (call.function == "hex") {
    result = to_hex(value);
  } else if (call.function == "base64") {
    result = base64(value);
  } else if (call.function == "upper") {
    result = to_upper(value);
  } else if (call.function == "lower") {
    result = to_lower(value);
  } else if (call.function == "first") {
    result = clip_utf8(value, number(call.argument));
  }
  if (secret) redactor_.add(result);
  return result;
}

std::string Values::value(const TemplatePiece& piece) {
  if (piece.variable.empty()) return piece.literal;
  auto call_at = piece.calls.begin();
  std::string result;
  if (piece.variable == "now" || piece.variable == "month_start") {
    const TemplateCall& time = *call_at++;
    const Duration ahead = zone(time.zone);
    const Instant instant = piece.variable == "now" ? now_ : start_of_month(now_, ahead);
    const auto since = instant.time_since_epoch();
    result = time.function == "seconds"        ? std::to_string(floor<seconds>(since).count())
             : time.function == "milliseconds" ? std::to_string(floor<milliseconds>(since).count())
                                               : formatted(instant + ahead, time.argument);
  } else if (piece.variable == "random") {
    for (std::size_t left = number((call_at++)->argument); left > 0; --left) {
      result += static_cast<char>('0' + random_() % 10);
    }
  } else {
    result = variable(piece.variable);
  }
  for (; call_at != piece.calls.end(); ++call_at) result = call(*call_at, result);
  return result;
}

std::string Values::text(const Template& text) {
  std::string all;
  for (const TemplatePiece& piece : text.pieces) {
    const std::string more = value(piece);
    if (all.size() + more.size() > max_bytes) {  // [vars] can double each other
      problem_ = "a text would be longer than " + std::to_string(max_bytes) + " bytes";
      return {};
    }
    all += more;
  }
  return all;
}

}  // namespace iotcard
