// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "contract/store_under_test.h"

namespace iotcard {
namespace {

StagedCard a_row(std::int64_t line, std::string_view text, std::string fields = "") {
  return {.line = line, .iccid = iccid(text), .device = {}, .fields = std::move(fields)};
}

std::vector<std::int64_t> lines(const std::vector<StagedCard>& cards) {
  std::vector<std::int64_t> found;
  for (const StagedCard& card : cards) found.push_back(card.line);
  return found;
}

using Lines = std::vector<std::int64_t>;

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "an import is kept with its options and its phase") {
  const std::int64_t import = store->add_import("some");
  const std::int64_t other = store->add_import("");
  CHECK(other > import);
  CHECK(store->complete_import(import));
  const auto found = connect()->imports();
  REQUIRE(found.size() == 2);
  CHECK(found[0].id == import);
  CHECK(found[0].complete);
  CHECK(found[0].options == "some");
  CHECK_FALSE(found[1].complete);
  store->remove_import(import);
  CHECK_FALSE(store->complete_import(import));
  CHECK(store->imports().size() == 1);
}

TEST_CASE_METHOD(StoreUnderTest, "one object at a time works on an import") {
  const std::int64_t import = store->add_import("some");
  const auto other = connect();
  CHECK_FALSE(other->claim_import(import));
  CHECK(store->claim_import(import));  // it is its own
  const std::int64_t of_other = other->add_import("");
  CHECK_FALSE(store->claim_import(of_other));

  store->complete_import(import);
  store->release_import(import);
  const auto claimed = other->claim_import(import);
  REQUIRE(claimed);
  CHECK(claimed->complete);
  CHECK(claimed->options == "some");
  CHECK_FALSE(store->claim_import(import));
  other->remove_import(import);
  other->release_import(import);
  CHECK_FALSE(store->claim_import(import));  // it is gone
}

TEST_CASE_METHOD(StoreUnderTest, "the end of whoever works on an import releases it") {
  SECTION("of the object") {
    const std::int64_t import = connect()->add_import("");
    CHECK(store->claim_import(import));
  }
  SECTION("of the process, however it ends") {
    int started[2];
    REQUIRE(pipe(started) == 0);
    const pid_t child = fork();
    if (child == 0) {
      const auto mine = connect();
      const std::int64_t import = mine->add_import("");
      const bool told = write(started[1], &import, sizeof import) == sizeof import;
      if (told) pause();
      _exit(1);
    }
    std::int64_t import = 0;
    REQUIRE(read(started[0], &import, sizeof import) == sizeof import);
    CHECK_FALSE(store->claim_import(import));
    CHECK(store->imports().size() == 1);
    REQUIRE(kill(child, SIGKILL) == 0);
    REQUIRE(waitpid(child, nullptr, 0) == child);
    close(started[0]);
    close(started[1]);
    CHECK(store->claim_import(import));
  }
}

TEST_CASE_METHOD(StoreUnderTest, "staged cards come back by line, and are no cards") {
  const std::int64_t import = store->add_import("");
  StagedCard bound = a_row(3, card_two, "plan=A");
  bound.device = device(1);
  CHECK_FALSE(store->stage_card(import, bound));
  CHECK_FALSE(store->stage_card(import, a_row(2, card_one)));
  CHECK_FALSE(store->stage_card(import, a_row(12, card_three)));
  CHECK(store->count_cards({}) == 0);
  const auto staged = store->staged_cards(import, 0, 9);
  CHECK(lines(staged) == Lines{2, 3, 12});
  CHECK(staged[1].same_row(bound));
  CHECK_FALSE(staged[0].device);
  CHECK(lines(store->staged_cards(import, 0, 2)) == Lines{2, 3});
  store->check_room(import);
  store->remove_staged(import, 3);
  CHECK(lines(store->staged_cards(import, 0, 9)) == Lines{12});
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a card is staged once in an import, and the earlier row is named") {
  const std::int64_t import = store->add_import("");
  const std::int64_t other = store->add_import("");
  CHECK_FALSE(store->stage_card(import, a_row(2, card_one, "plan=A")));
  const auto earlier = store->stage_card(import, a_row(3, card_one, "plan=B"));
  REQUIRE(earlier);
  CHECK(earlier->line == 2);
  CHECK(earlier->fields == "plan=A");
  CHECK(lines(store->staged_cards(import, 0, 9)) == Lines{2});
  CHECK_FALSE(store->stage_card(other, a_row(7, card_one)));
  store->remove_staged(import, 9);
  CHECK(lines(store->staged_cards(other, 0, 9)) == Lines{7});
}

TEST_CASE_METHOD(StoreUnderTest,
                 "staged cards that are there in two spellings are found together") {
  const std::int64_t import = store->add_import("");
  const std::int64_t other = store->add_import("");
  const std::string a = "8988303000000000001";
  const std::string b = "8988303000000000022";
  store->stage_card(import, a_row(2, a + "7"));
  store->stage_card(import, a_row(3, b));
  store->stage_card(import, a_row(4, a));
  store->stage_card(import, a_row(5, a + "1"));
  store->stage_card(import, a_row(6, a + "77"));  // 21 characters: another card
  store->stage_card(import, a_row(7, b + "0"));
  store->stage_card(import, a_row(8, "8988303000000000031"));
  store->stage_card(other, a_row(2, "89883030000000000310"));
  CHECK(lines(store->staged_in_two_spellings(import, "", 9)) == Lines{4, 5, 2, 3, 7});
  CHECK(lines(store->staged_in_two_spellings(import, "", 1)) == Lines{4, 5, 2});
  CHECK(lines(store->staged_in_two_spellings(import, a, 9)) == Lines{3, 7});
  CHECK(store->staged_in_two_spellings(import, b, 9).empty());

  store->remove_staged_line(import, 3);
  CHECK(lines(store->staged_cards(import, 0, 9)) == Lines{2, 4, 5, 6, 7, 8});
  CHECK(store->staged_cards(other, 0, 9).size() == 1);
}

}  // namespace iotcard
