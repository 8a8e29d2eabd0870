// SPDX-License-Identifier: Apache-2.0
// The token file: hashed tokens beside plain ones, and what adding and removing does to its text.
#include "operations/token_file.h"

#include <catch2/catch.hpp>
#include <cctype>
#include <functional>
#include <set>

#include "api/tokens.h"
#include "operations/operation.h"

using namespace iotcard;
using Catch::Contains;

namespace {

const std::string plain_token = "0123456789abcdef";
// printf secret-of-the-test | sha256sum
const std::string hashed_token = "secret-of-the-test";
const std::string hash = "dbfc11ff29b54337dd570dfb5b48404f8c4825bc56feb56162825da5496fccce";

OperationError::Kind kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const OperationError& error) {
    return error.kind();
  }
  FAIL("nothing was refused");
  return {};
}

}  // namespace

TEST_CASE("a token that is added works and is not in the file, which keeps its other lines") {
  const std::string before = "# who may do what\nconsole read " + plain_token + "\n\n# end";
  const std::string token = new_token();
  const std::string after = text_with_token(before, "tokens", "ops", Scope::write, token);
  CHECK(after.rfind(before + "\nops write sha256:", 0) == 0);
  CHECK_THAT(after, !Contains(token));
  const Tokens tokens = Tokens::parse(after, "tokens");
  REQUIRE(tokens.size() == 2);
  CHECK(tokens.find("Bearer " + token)->name == "ops");
  CHECK(tokens.find("Bearer " + token)->scope == Scope::write);
  CHECK(tokens.find("Bearer " + plain_token)->name == "console");
  // What the file has is no token.
  const std::size_t digest = after.find("sha256:");
  CHECK_FALSE(tokens.find("Bearer " + after.substr(digest, 7 + 64)));
  CHECK_FALSE(tokens.find("Bearer " + after.substr(digest + 7, 64)));
}

TEST_CASE("a token that is removed is refused, and nothing else of the file changes") {
  const std::string kept = "# ops is Ann\nconsole read " + plain_token + "\n# end";
  const std::string token = new_token();
  const std::string both =
      "# ops is Ann\nops write " + token + "\nconsole read " + plain_token + "\n# end";
  const std::string after = text_without_token(both, "tokens", "ops");
  CHECK(after == kept);
  CHECK_FALSE(Tokens::parse(after, "tokens").find("Bearer " + token));
}

TEST_CASE("without its last token a file lets nobody in") {
  const std::string token = new_token();
  const std::string none =
      text_without_token(text_with_token("", "tokens", "ops", Scope::read, token), "tokens", "ops");
  CHECK(none.empty());
  for (const std::string& text : {none, std::string{"# nobody\n"}}) {
    const Tokens tokens = Tokens::parse(text, "tokens");
    CHECK(tokens.needed());
    CHECK_FALSE(tokens.find("Bearer " + token));
    CHECK_FALSE(tokens.find(""));
  }
}

TEST_CASE("a name of the token file is used once, and can be written on its line") {
  using Kind = OperationError::Kind;
  const std::string text = "ops write " + plain_token + "\n";
  CHECK(kind_of([&] { text_with_token(text, "tokens", "ops", Scope::read, new_token()); }) ==
        Kind::conflict);
  for (const std::string& name :
       {std::string{}, std::string{"a b"}, std::string{"#a"}, std::string{"a\nb write x"},
        std::string{"\xc3\xa9"}, std::string(65, 'n')}) {
    CAPTURE(name);
    CHECK(kind_of([&] { text_with_token(text, "tokens", name, Scope::read, new_token()); }) ==
          Kind::invalid);
  }
  CHECK(kind_of([&] { text_without_token(text, "tokens", "op"); }) == Kind::not_found);
  CHECK(kind_of([&] { text_without_token("# ops\n", "tokens", "ops"); }) == Kind::not_found);
  CHECK_THROWS_AS(text_with_token("ops", "tokens", "new", Scope::read, new_token()), TokenError);
  CHECK_THROWS_AS(text_without_token("ops", "tokens", "ops"), TokenError);
}

TEST_CASE("tokens are 256 random bits, and of a broken hash the line is named") {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.insert(new_token());
  CHECK(tokens.size() == 100);
  CHECK(tokens.begin()->size() == 64);
  for (const std::string& digest :
       {std::string{}, std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'g')}) {
    CAPTURE(digest);
    CHECK_THROWS_WITH(read_tokens("# x\nops write sha256:" + digest, "tokens"),
                      Contains("tokens:2: expected 64 hexadecimal digits behind sha256:"));
  }
}

TEST_CASE("a hash is that of sha256sum, in either letter case") {
  for (const bool upper : {false, true}) {
    std::string digest = hash;
    if (upper) {
      for (char& c : digest) c = static_cast<char>(std::toupper(c));
    }
    const Tokens tokens = Tokens::parse("ops read sha256:" + digest, "tokens");
    CHECK(tokens.find("Bearer " + hashed_token)->name == "ops");
  }
}
