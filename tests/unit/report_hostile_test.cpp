// SPDX-License-Identifier: Apache-2.0
// What an attacker, a cut connection or a broken memory may send: no crash, no endless work, and
// nothing accepted that is not canonical.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "base/utf8.h"
#include "domain/device_report.h"

using namespace iotcard;
using namespace std::string_view_literals;

namespace {

ReadOptions no_size_limit() {
  ReadOptions options;
  options.max_bytes = std::string::npos;
  return options;
}

std::string documented() {
  std::ifstream file{IOTCARD_SOURCE_DIR "/examples/reports/documented.json", std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string repeated(std::string_view part, std::size_t count) {
  std::string text;
  text.reserve(part.size() * count);
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text;
}

// Reads it, and checks what has to hold for any bytes at all.
ReportReading read_sanely(std::string_view payload, const ReadOptions& options = {}) {
  ReportReading reading = read_report(payload, options);
  bool sane = true;
  if (const auto* rejection = std::get_if<Rejection>(&reading)) {
    sane = rejection->offset <= payload.size();
  } else {
    const auto& report = std::get<DeviceReport>(reading);
    const IccidReading& iccid = report.iccid;
    if (iccid.iccid) sane = Iccid::from_canonical(iccid.iccid->text()) == iccid.iccid;
    sane = sane && !(iccid.iccid && iccid.problem);
    for (const auto& text : {iccid.raw, report.firmware_version, report.user_id, report.summary}) {
      sane = sane && is_utf8(text.value_or(""));
    }
    sane = sane && iccid.raw.value_or("").size() <= 256;
    sane = sane && report.platform.value_or(1) > 0;
  }
  if (!sane) {
    INFO(payload);
    CHECK(sane);
  }
  return reading;
}

RejectionReason rejected(std::string_view payload, const ReadOptions& options = {}) {
  const ReportReading reading = read_sanely(payload, options);
  REQUIRE(std::holds_alternative<Rejection>(reading));
  return std::get<Rejection>(reading).reason;
}

}  // namespace

TEST_CASE("the documented payload cut at any byte is truncated there") {
  const std::string payload = documented();
  const std::size_t end = payload.rfind('}');
  for (std::size_t cut = 1; cut <= end; ++cut) {
    INFO(cut);
    const ReportReading reading = read_sanely(std::string_view{payload}.substr(0, cut));
    REQUIRE(std::holds_alternative<Rejection>(reading));
    const Rejection rejection = std::get<Rejection>(reading);
    CHECK(rejection_reason_names[rejection.reason] == "truncated");
    CHECK(rejection.offset == cut);
  }
  CHECK(rejected("") == RejectionReason::empty);
}

TEST_CASE("a payload over the limit is rejected without parsing") {
  const std::string payload(10'000'000, '[');
  CHECK(rejected(payload) == RejectionReason::too_large);
}

TEST_CASE("ten megabytes are read when the limit allows them") {
  const std::string fill(10'000'000, 'x');
  const ReportReading reading =
      read_sanely(R"({"iccid":898604293620C0000970,"x":")" + fill + "\"}", no_size_limit());
  REQUIRE(std::holds_alternative<DeviceReport>(reading));
  CHECK(std::get<DeviceReport>(reading).iccid.iccid->text() == "898604293620C0000970");
}

TEST_CASE("a value of ten megabytes without an end is rejected quickly") {
  const auto [head, fill] = GENERATE(table<std::string, std::string>({
      {R"({"iccid":)", "8"},
      {R"({"iccid":")", "8"},
      {R"({"iccid":)", "8,"},
      {R"({"iccid":)", R"("8",)"},
      {R"({"iccid":")", "\"8"},
      {R"({"iccid":)", " "},
      {R"({"x":)", "nan,"},
      {R"({"x":[)", "1e999,"},
      {R"({"x":[)", "nan,"},
      {R"({"x":1)", ","},
      {R"({)", R"("iccid":,)"},
      {R"({"iccid":8)", "\n"},
      {R"({"x":")", "\xb0"},
      {"{\"x\":\"\xff", "\\"},
  }));
  INFO(head << fill);
  const std::string payload = head + repeated(fill, 10'000'000 / fill.size());
  const auto start = std::chrono::steady_clock::now();
  rejected(payload, no_size_limit());
  // A linear pass takes well under a second even under a sanitizer; a quadratic one, hours.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{20});
}

TEST_CASE("nesting of a hundred thousand levels is too deep") {
  const std::string open = GENERATE(as<std::string>{}, "[", R"({"a":)", R"([{"a":)");
  const std::string head = GENERATE(as<std::string>{}, R"({"summary":)", R"({"iccid":)",
                                    "{\"n\":\"\xb0\xa1\",\"summary\":", R"({"t":nan,"x":)");
  INFO(head << open);
  CHECK(rejected(head + repeated(open, 100'000), no_size_limit()) == RejectionReason::too_deep);
}

TEST_CASE("a payload that is nothing but brackets is rejected") {
  CHECK(rejected(repeated(R"({"a":)", 100'000), no_size_limit()) == RejectionReason::too_deep);
  CHECK(rejected(std::string(100'000, '['), no_size_limit()) == RejectionReason::not_an_object);
  rejected(std::string(100'000, '{'), no_size_limit());
  rejected(std::string(100'000, '}'), no_size_limit());
}

TEST_CASE("no single byte is a report") {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string payload(1, static_cast<char>(byte));
    INFO(byte);
    CHECK(std::holds_alternative<Rejection>(read_sanely(payload)));
  }
}

TEST_CASE("a single byte as the value of the ICCID yields no card") {
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::string quote : {"", "\""}) {
      const std::string payload =
          R"({"iccid":)" + quote + static_cast<char>(byte) + quote + R"(,"rssi":1})";
      INFO(payload);
      const ReportReading reading = read_sanely(payload);
      if (const auto* report = std::get_if<DeviceReport>(&reading)) CHECK(!report->iccid.iccid);
    }
  }
}

TEST_CASE("a hundred thousand small mutations of the documented payload do no harm") {
  const std::string original = documented();
  constexpr std::string_view bytes = "{}[]\":,\\ \n\r\t\0\x01\xef\xbb\xbf\xb0\xff-+.eE0189FfnN"sv;
  std::mt19937 random{20260101};  // a fixed seed: what fails once fails again
  const auto below = [&](std::size_t limit) { return random() % limit; };
  int accepted = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string payload = original;
    for (std::size_t change = 0; change <= below(4); ++change) {
      const std::size_t at = below(payload.size());
      const char byte = below(2) != 0 ? bytes[below(bytes.size())] : static_cast<char>(below(256));
      switch (below(4)) {
        case 0:
          payload[at] = byte;
          break;
        case 1:
          payload.insert(at, 1, byte);
          break;
        case 2:
          payload.erase(at, 1 + below(8));
          break;
        default:
          payload.insert(at, payload.substr(below(payload.size()), below(40)));
      }
      if (payload.empty()) payload = original;
    }
    const ReportReading reading = read_sanely(payload);
    if (std::holds_alternative<DeviceReport>(reading)) ++accepted;
  }
  CHECK(accepted > 1'000);  // the mutations are small enough to reach behind the first error
}

TEST_CASE("random bytes do no harm") {
  std::mt19937 random{20260102};
  for (int round = 0; round < 20'000; ++round) {
    std::string payload = round % 2 != 0 ? R"({"iccid":)" : "{";
    const std::size_t size = random() % 200;
    for (std::size_t i = 0; i < size; ++i) payload += static_cast<char>(random());
    payload += round % 4 < 2 ? "}" : "";
    read_sanely(payload);
  }
}
