// SPDX-License-Identifier: Apache-2.0
// Any bytes as an ICCID token, and as the payload in which one is looked for. The input is two
// tokens, separated by the first '|'. Checked: what is accepted is canonical and reads back as
// itself; luhn(), match(), looks_rounded() and rounding_range() answer for every ICCID and agree
// with each other and with what the C library makes of the digits.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "domain/iccid.h"
#include "domain/iccid_value.h"
#include "fuzz.h"

using namespace iotcard;

namespace {

double as_double(std::string_view digits) {
  return std::strtod(std::string{digits}.c_str(), nullptr);
}

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

void check_canonical(const Iccid& iccid) {
  const std::string_view text = iccid.text();
  require(text.starts_with("89") && text.size() >= 18 && text.size() <= 22);
  require(text.find_first_not_of("0123456789ABCDEF") == std::string_view::npos);
  require(Iccid::from_canonical(text) == iccid);
}

void check_rounding(const Iccid& iccid) {
  if (!looks_rounded(iccid)) return;
  const std::string_view text = iccid.text();
  require(all_digits(text));
  const IccidRange range = rounding_range(iccid);
  require(range.first.size() == text.size() && range.last.size() == text.size());
  require(all_digits(range.first) && all_digits(range.last));
  require(range.first <= text && text <= range.last);
  require(as_double(range.first) == as_double(text) && as_double(range.last) == as_double(text));
}

void check_advice(const Iccid& iccid) {
  if (!all_digits(iccid.text())) require(luhn(iccid) == Luhn::not_applicable);
  if (luhn(iccid) == Luhn::invalid) require(iccid.text().size() >= 20);
  require(match(iccid, iccid) == Match::exact);
  check_rounding(iccid);
  // Exactly one last digit is the Luhn digit.
  const std::string body{iccid.text().substr(0, iccid.text().size() - 1)};
  if (!all_digits(body)) return;
  int valid = 0;
  for (char digit = '0'; digit <= '9'; ++digit) {
    const auto whole = Iccid::from_canonical(body + digit);
    require(whole.has_value());
    if (luhn(*whole) == Luhn::valid) ++valid;
    if (body.size() != 19) continue;
    const auto fit = match(*Iccid::from_canonical(body), *whole);
    require(fit == (luhn(*whole) == Luhn::valid ? Match::strong : Match::weak));
  }
  require(valid == 1);
}

void check_match(const Iccid& a, const Iccid& b) {
  const auto fit = match(a, b);
  require(fit == match(b, a));
  require((fit == Match::exact) == (a == b));
  if (!fit || fit == Match::exact) return;
  const bool a_is_longer = a.text().size() > b.text().size();
  const std::string_view longer = (a_is_longer ? a : b).text();
  const std::string_view shorter = (a_is_longer ? b : a).text();
  require(shorter.size() == 19 && longer.size() == 20 && longer.starts_with(shorter));
}

IccidReading read_checked(std::string_view token) {
  IccidReading reading = Iccid::read(token);
  require(!(reading.iccid && reading.problem));
  require(reading.raw && is_utf8(*reading.raw) && reading.raw->size() <= 256);
  require(!reading.leniencies.has(Leniency::unquoted_iccid));
  IccidReading bare = Iccid::read(token, false);
  require(bare.iccid == reading.iccid && bare.problem == reading.problem);
  Leniencies with_bare = reading.leniencies;
  with_bare.add(Leniency::unquoted_iccid);
  require(bare.leniencies == with_bare);
  const auto canonical = Iccid::from_canonical(token);
  if (canonical) check_canonical(*canonical);
  if (canonical) check_advice(*canonical);
  if (!reading.iccid) return reading;
  check_canonical(*reading.iccid);
  const IccidReading again = Iccid::read(reading.iccid->text());
  require(again.iccid == reading.iccid && again.leniencies.empty());
  check_advice(*reading.iccid);
  return reading;
}

void check_value(std::string_view payload) {
  const std::size_t step = payload.size() / 64 + 1;
  for (std::size_t at = 0; at < payload.size(); at += step) {
    const IccidValue value = find_iccid_value(payload, at, false);
    switch (value.form) {
      case IccidValue::Form::json:
      case IccidValue::Form::endless:
        break;
      case IccidValue::Form::missing:
      case IccidValue::Form::non_finite:
      case IccidValue::Form::bare:
      case IccidValue::Form::quoted:
        require(value.first == at && value.first <= value.last && value.last <= payload.size());
        require(payload.substr(value.first, value.last - value.first).find(value.token) !=
                std::string_view::npos);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text(data, size);
  const std::size_t bar = std::min(input.find('|'), input.size());
  const IccidReading a = read_checked(input.substr(0, bar));
  const IccidReading b = read_checked(input.substr(std::min(bar + 1, input.size())));
  if (a.iccid && b.iccid) check_match(*a.iccid, *b.iccid);
  check_value(input);
  return 0;
}
