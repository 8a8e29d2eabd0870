// SPDX-License-Identifier: Apache-2.0
#include "platform/template.h"

#include <charconv>

#include "base/base64.h"
#include "base/time_spelling.h"
#include "base/utf8.h"
#include "platform/digest.h"

namespace iotcard {
namespace {

using namespace std::chrono;

constexpr std::size_t most_bytes = std::size_t{1} << 20;  // of a text

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

// The midnight, where the clocks on the wall show `zone`, that began the month.
Instant start_of_month(Instant now, Duration zone) {
  const year_month_day date{floor<days>(now + zone)};
  return Instant{sys_days{date.year() / date.month() / 1}} - zone;
}

std::string in_case(std::string text, char first, char last, int shift) {
  for (char& c : text) {
    if (c >= first && c <= last) c = static_cast<char>(c + shift);
  }
  return text;
}

std::size_t number(const std::string& text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Duration Values::zone(const std::string& zone) {
  if (zone.empty()) return Duration{};
  const bool literal = zone.starts_with('+') || zone.starts_with('-');
  const auto reading = read_zone(literal ? zone : variable(zone).real);
  const auto* ahead = std::get_if<Duration>(&reading);
  return ahead == nullptr ? Duration{} : *ahead;
}

Shown Values::variable(const std::string& name) {
  if (const auto known = values_.find(name); known != values_.end()) return known->second;
  if (const auto var = vars_.find(name); var != vars_.end()) {
    return values_[name] = text(var->second);
  }
  problem_ = "nothing has said what {" + name + "} is";
  return {};
}

Shown Values::call(const TemplateCall& call, Shown value) {
  std::string& real = value.real;
  if (const auto kind = digest_names.find(call.function)) {
    real = digest(*kind, real);
  } else if (call.function == "hmac-sha256") {
    const Shown key = variable(call.argument);
    real = hmac_sha256(key.real, real);
    value.secret = value.secret || key.secret;
  } else if (call.function == "hex") {
    real = to_hex(real);
  } else if (call.function == "base64") {
    real = base64(real);
  } else if (call.function == "upper") {
    real = in_case(real, 'a', 'z', 'A' - 'a');
  } else if (call.function == "lower") {
    real = in_case(real, 'A', 'Z', 'a' - 'A');
  } else if (call.function == "first") {
    real = clip_utf8(real, number(call.argument));
  }
  value.shown = value.secret ? "…" : real;
  return value;
}

Shown Values::value(const TemplatePiece& piece) {
  auto call_at = piece.calls.begin();
  Shown result;
  if (piece.variable == "now" || piece.variable == "month_start") {
    const TemplateCall& time = *call_at++;
    const Duration ahead = zone(time.zone);
    const Instant instant = piece.variable == "now" ? now_ : start_of_month(now_, ahead);
    const auto since = instant.time_since_epoch();
    result.real = time.function == "seconds" ? std::to_string(floor<seconds>(since).count())
                  : time.function == "milliseconds"
                      ? std::to_string(floor<milliseconds>(since).count())
                      : formatted(instant + ahead, time.argument);
    result.shown = result.real;
  } else if (piece.variable == "random") {
    for (std::size_t left = number((call_at++)->argument); left > 0; --left) {
      result.real += static_cast<char>('0' + random_() % 10);
    }
    result.shown = result.real;
  } else {
    result = variable(piece.variable);
  }
  const bool made = call_at != piece.calls.end();
  for (; call_at != piece.calls.end(); ++call_at) result = call(*call_at, std::move(result));
  if (made && result.secret) derived_.push_back(result.real);
  return result;
}

std::vector<Values::Piece> Values::pieces(const Template& text) {
  std::vector<Piece> values;
  for (const TemplatePiece& piece : text.pieces) {
    if (piece.variable.empty()) {
      values.push_back({{piece.literal, piece.literal, false}, false});
    } else {
      values.push_back({value(piece), true});
    }
  }
  return values;
}

Shown Values::text(const Template& text) {
  Shown all;
  for (Piece& piece : pieces(text)) {
    // [vars] can double each other.
    if (all.real.size() + piece.text.real.size() > most_bytes) {
      problem_ = "a text would be longer than " + std::to_string(most_bytes) + " bytes";
      return {};
    }
    all.real += piece.text.real;
    all.shown += piece.text.shown;
    all.secret = all.secret || piece.text.secret;
  }
  return all;
}

}  // namespace iotcard
