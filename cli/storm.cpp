// SPDX-License-Identifier: Apache-2.0
#include "storm.h"

#include <fmt/core.h>

#include <charconv>
#include <utility>

#include "base/text.h"

namespace iotcard {
namespace {

// splitmix64 (Vigna): every bit of the input moves every bit of the result.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15;
  value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
  value = (value ^ value >> 27) * 0x94D049BB133111EB;
  return value ^ value >> 31;
}

// What is needed to write one report.
struct Parts {
  std::string iccid;  // as JSON
  std::int64_t platform;
  int rssi;
  std::string longitude = "113.264435";
  std::string name = "fastbee";
  std::string before = {};
  std::string after = {};
};

std::string to_payload(const Parts& parts) {
  return fmt::format(
      R"({}{{"rssi":{},"firmwareVersion":"1.0.0","status":3,"userId":"1","longitude":{},)"
      R"("latitude":23.129163,"iccid":{},"cardPlatformId":{},)"
      R"("summary":{{"name":"{}","chip":"ESP32"}}{}}})",
      parts.before, parts.rssi, parts.longitude, parts.iccid, parts.platform, parts.name,
      parts.after);
}

std::string in_quotes(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

std::string nibble_swapped(std::string text) {
  if (text.size() % 2 != 0) text += 'F';
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) std::swap(text[i], text[i + 1]);
  return text;
}

std::string in_groups_of_five(std::string_view text) {
  std::string groups;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && i % 5 == 0) groups += ' ';
    groups += text[i];
  }
  return groups;
}

// What "%.0f" prints of the digits; a number with letters ends at the first in C's eyes, so it
// comes out in the other spelling.
std::string rounded(std::string_view text) {
  double value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
  return end == text.data() + text.size() ? fmt::format("{:.0f}", value) : "8.98604E+19";
}

// What the report has for the ICCID.
std::string broken_iccid(Fault fault, const std::string& iccid) {
  switch (fault) {
    case Fault::bare:
      return iccid;
    case Fault::filler:
      return in_quotes(iccid + "F");
    case Fault::lower_case:
      return in_quotes(to_lower(iccid));
    case Fault::nibble_swapped:
      return in_quotes(nibble_swapped(iccid));
    case Fault::at_response:
      return in_quotes("+CCID: " + iccid + R"(\r\nOK)");
    case Fault::separators:
      return in_quotes(in_groups_of_five(iccid));
    case Fault::missing_value:
      return "";
    case Fault::empty_iccid:
      return in_quotes("");
    case Fault::precision_lost:
      return "8.98604E+19";
    case Fault::rounded:
      return rounded(iccid);
    case Fault::eid:
      return in_quotes("89033240817620069918070003435626");
    case Fault::trailing_comma:
    case Fault::nan:
    case Fault::bom:
    case Fault::trailing_bytes:
    case Fault::gb18030:
    case Fault::wrong_platform:
    case Fault::unknown_card:
    case Fault::swapped:
    case Fault::truncated:
      break;
  }
  return in_quotes(iccid);  // of unknown_card and swapped it is another's
}

void break_report(Parts& parts, Fault fault, const std::string& iccid) {
  parts.iccid = broken_iccid(fault, iccid);
  if (fault == Fault::trailing_comma) parts.after = ",";
  if (fault == Fault::nan) parts.longitude = "nan";
  if (fault == Fault::bom) parts.before = "\xEF\xBB\xBF";
  if (fault == Fault::gb18030)
    parts.name = "\xCE\xC2\xCA\xAA\xB6\xC8";  // "temperature and humidity"
  if (fault == Fault::wrong_platform) parts.platform += 1000;
}

}  // namespace

Storm::Storm(std::uint64_t seed, std::string product, std::int64_t devices,
             std::vector<StormMember> members, std::vector<Fault> faults, int percent)
    : seed_(mix(seed)),
      product_(std::move(product)),
      devices_(members.empty() ? devices : static_cast<std::int64_t>(members.size())),
      members_(std::move(members)),
      faults_(std::move(faults)),
      percent_(static_cast<std::uint64_t>(percent)) {}

std::uint64_t Storm::random(std::uint64_t index, std::uint64_t purpose) const {
  return mix(seed_ ^ mix(index * 8 + purpose));
}

// Twenty characters as China Mobile issues them, every fourth with a letter. The index is in it,
// so that no two are the same.
Iccid Storm::made_up_iccid(std::int64_t index) const {
  const auto number = static_cast<std::uint64_t>(index);
  for (std::uint64_t salt = 0;; ++salt) {
    const std::uint64_t noise = random(number, 2) + salt;
    const bool letter = number % 4 == 3;
    std::string text = fmt::format("898604{:04}{}{:08}", noise % 10'000,
                                   letter ? static_cast<char>('A' + noise / 10'000 % 5)
                                          : static_cast<char>('0' + noise / 10'000 % 10),
                                   number);
    text += '0';
    for (char& check = text.back(); check <= '9'; ++check) {
      const auto iccid = Iccid::from_canonical(text);
      if (luhn(*iccid) != Luhn::invalid && !looks_rounded(*iccid)) return *iccid;
    }
  }
}

StormMember Storm::member(std::int64_t index) const {
  if (!members_.empty()) return members_[static_cast<std::size_t>(index)];
  return {{product_, fmt::format("D{:08}", index + 1)}, made_up_iccid(index)};
}

StormReport Storm::report(std::int64_t number) const {
  const auto hash = static_cast<std::uint64_t>(number);
  const std::int64_t index = number % devices_;
  const StormMember self = member(index);
  StormReport report{self.device, {}, {}};
  if (!faults_.empty() && random(hash, 0) % 100 < percent_) {
    report.fault = faults_[random(hash, 1) % faults_.size()];
  }
  Iccid iccid = self.iccid;
  if (report.fault == Fault::swapped) iccid = member((index + 1) % devices_).iccid;
  if (report.fault == Fault::unknown_card) iccid = made_up_iccid(max_storm_devices + index);
  const std::string text{iccid.text()};
  Parts parts{.iccid = in_quotes(text),
              .platform = members_.empty() ? storm_platform : 0,
              .rssi = -51 - static_cast<int>(random(hash, 3) % 60)};
  if (report.fault) break_report(parts, *report.fault, text);
  report.payload = to_payload(parts);
  if (report.fault == Fault::trailing_bytes) report.payload += '\0';
  if (report.fault == Fault::truncated) report.payload.resize(report.payload.size() * 2 / 3);
  return report;
}

}  // namespace iotcard
