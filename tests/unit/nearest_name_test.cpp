// SPDX-License-Identifier: Apache-2.0
#include "base/nearest_name.h"

#include <catch2/catch.hpp>

using namespace iotcard;

TEST_CASE("a mistyped name is told from one that resembles none") {
  const std::vector<std::string> known{"card", "device", "list", "remove"};
  CHECK(nearest_name("cards", known) == "card");
  CHECK(nearest_name("devcie", known) == "device");
  CHECK(nearest_name("lst", known) == "list");
  for (const char* word : {"", "ls", "delete", "xyz"}) {
    CAPTURE(word);
    CHECK_FALSE(nearest_name(word, known));
  }
  CHECK_FALSE(nearest_name("card", {}));
}
