// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "api/tokens.h"

using namespace iotcard;

namespace {

const std::string long_token = "0123456789abcdef";
const std::string other_token = "fedcba9876543210";

std::string mistake(const std::string& text) {
  try {
    Tokens::parse(text, "tokens");
  } catch (const TokenError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a token file says which token may read and which may write") {
  const Tokens tokens = Tokens::parse(
      "# who\n\n  console read " + long_token + "\r\nops\twrite " + other_token, "tokens");
  REQUIRE(tokens.size() == 2);
  CHECK(tokens.find("Bearer " + long_token)->name == "console");
  CHECK(tokens.find("Bearer " + long_token)->scope == Scope::read);
  CHECK(tokens.find("bearer  " + other_token + " ")->scope == Scope::write);
}

TEST_CASE("an unknown token is refused") {
  const Tokens tokens = Tokens::parse("console read " + long_token, "tokens");
  for (const std::string& shown : std::vector<std::string>{
           "", "Bearer", "Bearer ", long_token, "Basic " + long_token, "Bearer " + long_token + "0",
           "Bearer " + long_token.substr(1), "Bearer console", "Bearer " + other_token}) {
    CAPTURE(shown);
    CHECK_FALSE(tokens.find(shown));
  }
  CHECK_FALSE(Tokens{}.find("Bearer " + long_token));
}

TEST_CASE("a mistake in a token file is named by its line, and no token is repeated") {
  for (const std::string& line : std::vector<std::string>{
           "console read", "console admin " + long_token, "console read short-token-15c",
           "console read 0123456789%41bcdef", "console read " + long_token + " more",
           "console read 0123456789abcde\xc3\xa9", std::string(65, 'n') + " read " + long_token,
           "ann write " + other_token, "bob write " + other_token}) {
    CAPTURE(line);
    const std::string text = mistake("# first\nann read " + other_token + "\n" + line + "\n");
    CHECK(text.rfind("tokens:3: expected ", 0) == 0);
    CHECK(text.find("0123456789") == std::string::npos);
    CHECK(text.find(other_token) == std::string::npos);
    CHECK(text.find("short") == std::string::npos);
  }
}

TEST_CASE("a token file that others may read is refused") {
  std::string path = (std::filesystem::temp_directory_path() / "tokens-XXXXXX").string();
  const int file = mkstemp(path.data());
  REQUIRE(file >= 0);
  close(file);
  std::ofstream{path} << "ops write " << long_token << "\n";
  for (const mode_t mode : {0600, 0400, 0440, 0640}) {
    chmod(path.c_str(), mode);
    CHECK(Tokens::load(path).size() == 1);
  }
  for (const mode_t mode : {0644, 0604, 0660, 0601}) {
    CAPTURE(mode);
    chmod(path.c_str(), mode);
    CHECK_THROWS_WITH(Tokens::load(path),
                      Catch::Contains(path) && Catch::Contains("chmod 0640 or 0600"));
  }
  std::filesystem::remove(path);
  CHECK_THROWS_WITH(Tokens::load(path), Catch::Contains(path));
  CHECK_THROWS_AS(Tokens::load("/"), TokenError);
  CHECK_FALSE(Tokens::load("").needed());
}
