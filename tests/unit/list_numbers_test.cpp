// SPDX-License-Identifier: Apache-2.0
#include "csv/list_numbers.h"

#include <catch2/catch.hpp>

namespace iotcard {
namespace {

struct Number {
  const char* text;
  std::optional<char> decimal;
  const char* plain;  // "": a problem
};

}  // namespace

TEST_CASE("a number of a list is read with either sign before its fraction") {
  const auto [text, decimal, plain] = GENERATE(values<Number>({
      {"1.234,56", {}, "1234.56"},
      {"1,234.56 MB", {}, "1234.56 MB"},
      {"1 234,5", {}, "1234.5"},
      {"1\xC2\xA0"
       "234\xE2\x80\xAF"
       "567,5",
       {},
       "1234567.5"},
      {"1'234.5", {}, "1234.5"},
      {"120,5 MB", {}, "120.5 MB"},
      {"-0,5", {}, "-0.5"},
      {"1,234,567", {}, "1234567"},
      {"1.234.567", {}, "1234567"},
      {"1.234", {}, "1.234"},
      {"1.5GiB", {}, "1.5GiB"},
      {"1.5E3", {}, "1.5E3"},
      {"500000000", {}, "500000000"},
      {"1,234", {}, ""},
      {"1,234", ',', "1.234"},
      {"1,234", '.', "1234"},
      {"1.234", ',', "1234"},
      {"12.345 kB", ',', "12345 kB"},
  }));
  CAPTURE(text);
  const auto read = plain_number(text, decimal);
  const auto* number = std::get_if<std::string>(&read);
  CHECK((number != nullptr ? *number : "") == plain);
}

TEST_CASE("what is no number of a list stays as it is, or is a problem where its sign is said") {
  for (const char* text : {"", "-", "many", "5 10", "1,23,4", "1.23.4", "1.2,3.4", "12,3456,7"}) {
    CAPTURE(text);
    CHECK(std::get<std::string>(plain_number(text, {})) == text);
  }
  for (const char* text : {"1.5", "5 10", "1234.567", "1,5,5"}) {
    CAPTURE(text);
    CHECK(std::get<Problem>(plain_number(text, ',')).text ==
          "expected a number with \",\" before its fraction, as the mapping says");
  }
}

}  // namespace iotcard
