// SPDX-License-Identifier: Apache-2.0
// Imports that end before their last row, and who finishes or deletes them.
#include <filesystem>

#include "unit/import_bench.h"

using namespace iotcard;

namespace {

std::string numbered_rows(int count, const std::string& rest) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "8986061706" + std::to_string(1'000'000'001 + i) + rest;
  return text;
}

struct Cut {};

// Ends after its first rows are applied.
void import_and_end(OperationsBench& bench, const std::string& csv, const ImportOptions& options) {
  std::istringstream in{csv};
  const ImportHooks hooks{.applied = [](std::int64_t, std::int64_t) { throw Cut{}; }};
  CHECK_THROWS_AS(import_cards(bench.store(), bench.context, in, options, hooks), Cut);
}

// A connection as another process has it.
std::unique_ptr<Store> second(const OperationsBench& bench) {
  return open_store("sqlite:" + bench.folder() + "/cards.db");
}

// Rows of a list that nobody reads any more.
std::int64_t abandoned(OperationsBench& bench, int rows) {
  const auto mine = second(bench);
  const std::int64_t id = mine->add_import("00\nann");
  Transaction transaction{*mine};
  for (int i = 0; i < rows; ++i) {
    const std::string number = "8986061706" + std::to_string(1'000'000'001 + i);
    mine->stage_card(
        id, {.line = 2 + i, .iccid = iccid_of(number.c_str()), .device = {}, .fields = "plan=A"});
  }
  transaction.commit();
  return id;
}

}  // namespace

TEST_CASE("an import that ends while its rows are applied is finished by whoever comes next") {
  constexpr int count = 3000;  // more than one transaction applies
  OperationsBench bench;
  import(bench, "iccid,plan,note\n" + numbered_rows(10, ",A,x\n"));
  bench.report_card("1/D", "89860617061000003000");
  import_and_end(bench, "iccid,plan,note\n" + numbered_rows(count, ",B,\n"),
                 {.update = true, .clear_empty = true});
  const std::int64_t before = bench.store().count_cards({});
  CHECK(before > 10);
  CHECK(before < count);
  REQUIRE(bench.store().imports().size() == 1);

  const auto other = second(bench);
  CHECK(finish_imports(*other, bench.context) == 1);
  CHECK(bench.store().imports().empty());
  CHECK(bench.store().count_cards({}) == count);
  for (const StoredCard& card : bench.store().list_cards({}, "", count).rows) {
    CHECK(card.card.plan == "B");
    CHECK(card.card.note.empty());
  }
  CHECK(bench.count_standing("1/D") == 0);
  CHECK(finish_imports(*other, bench.context) == 0);
}

TEST_CASE("two imports at a time do not see each other's rows") {
  OperationsBench bench;
  import_and_end(bench, "iccid,plan\n" + numbered_rows(3000, ",A\n"), {});
  const auto outcome = import(bench, "iccid,plan\n" + numbered_rows(3000, ",B\n"));
  const std::int64_t added = outcome.result.added;
  CHECK(added > 0);
  CHECK(added < 3000);
  CHECK(finish_imports(bench.store(), bench.context) == 1);
  CHECK(bench.store().count_cards({}) == 3000);
  std::int64_t of_second = 0;
  for (const StoredCard& card : bench.store().list_cards({}, "", 3000).rows) {
    if (card.card.plan == "B") ++of_second;
  }
  CHECK(of_second == added);
}

TEST_CASE("what a hook throws ends the import and leaves nothing, also behind the last row") {
  OperationsBench bench;
  for (const int calls : {1, 2, 3}) {
    std::istringstream in{"iccid\n" + one + "\n" + two + "\n"};
    int left = calls;
    CHECK_THROWS_AS(import_cards(bench.store(), bench.context, in, {},
                                 {.progress =
                                      [&](std::int64_t, std::int64_t) {
                                        if (--left == 0) throw std::runtime_error{"stop"};
                                      }}),
                    std::runtime_error);
    CHECK(bench.store().count_cards({}) == 0);
    CHECK(bench.store().imports().empty());
  }
}

TEST_CASE("an import that is at work is neither finished nor deleted by others") {
  constexpr int count = 3000;
  OperationsBench bench;
  const auto other = second(bench);
  int asked = 0;
  const auto others_leave_it = [&](std::int64_t, std::int64_t) {
    if (other->imports().empty() || ++asked % 500 != 1) return;
    CHECK(finish_imports(*other, bench.context) == 0);
    CHECK(other->imports().size() == 1);
  };
  std::istringstream csv{"iccid\n" + numbered_rows(count, "\n")};
  const auto result = import_cards(bench.store(), bench.context, csv, {},
                                   {.progress = others_leave_it, .applied = others_leave_it});
  CHECK(asked > count);
  CHECK(result.added == count);
  CHECK(other->count_cards({}) == count);
  CHECK(other->imports().empty());
}

TEST_CASE("the rows of a list that nobody reads any more are deleted, as far as a stop lets them") {
  OperationsBench bench;
  const std::int64_t id = abandoned(bench, 5000);
  CHECK_THROWS_AS(finish_imports(bench.store(), bench.context, {.discarded = [] { throw Cut{}; }}),
                  Cut);
  const auto left = bench.store().staged_cards(id, 0, 9000).size();
  CHECK(left > 0);
  CHECK(left < 5000);
  const auto other = second(bench);
  CHECK(finish_imports(*other, bench.context) == 0);
  CHECK(other->imports().empty());
  CHECK(other->staged_cards(id, 0, 1).empty());
  CHECK(other->count_cards({}) == 0);
}

TEST_CASE("a stop while a list is read does not wait until all its rows are deleted") {
  struct Stop {};
  OperationsBench bench;
  std::istringstream csv{"iccid\n" + numbered_rows(9000, "\n")};
  const ImportHooks hooks{.progress =
                              [](std::int64_t, std::int64_t rows) {
                                if (rows == 8000) throw Stop{};
                              },
                          .discarded = [] { throw std::runtime_error{"stopping"}; }};
  CHECK_THROWS_AS(import_cards(bench.store(), bench.context, csv, {}, hooks), Stop);
  REQUIRE(bench.store().imports().size() == 1);
  CHECK_FALSE(bench.store().imports()[0].complete);
  CHECK(finish_imports(*second(bench), bench.context) == 0);
  CHECK(bench.store().imports().empty());
  CHECK(bench.store().count_cards({}) == 0);
}

TEST_CASE("an import into a file that was moved away fails instead of being lost with it") {
  OperationsBench bench;
  const std::string path = bench.folder() + "/cards.db";
  std::istringstream csv{"iccid\n" + numbered_rows(3000, "\n")};
  const ImportHooks hooks{.progress = [&](std::int64_t, std::int64_t rows) {
    if (rows == 2000) std::filesystem::rename(path, path + ".away");
  }};
  CHECK_THROWS_AS(import_cards(bench.store(), bench.context, csv, {}, hooks), StoreError);
  CHECK(bench.store().count_cards({}) == 0);
  std::filesystem::rename(path + ".away", path);
  CHECK(finish_imports(bench.store(), bench.context) == 0);
  CHECK(bench.store().imports().empty());
}
