// SPDX-License-Identifier: Apache-2.0
// What the verbs of iotcardctl say of cards that are named by their other spelling, of ICCIDs that
// are looked up, and of what they did not take of a list.
#include "system/desk.h"

using namespace iotcard;

namespace {

const std::string shorter = "8988303010000000016";
const std::string longer = "89883030100000000161";
const std::string other = "89883030100000000164";

}  // namespace

TEST_CASE("a verb on a card takes its other spelling and names the stored one") {
  Desk desk;
  desk.run({"card", "add", longer});
  const std::string name = "card " + longer + " (named as " + shorter + ")";
  CHECK(desk.run({"card", "set", shorter, "plan=A"}).out == name + " changed\n");
  CHECK(desk.json({"card", "show", shorter})["iccid"].GetString() == longer);
  CHECK(desk.run({"bind", "1/D1", shorter}).out == name + " is now bound to device 1/D1\n");
  CHECK(desk.run({"unbind", shorter}).status == 0);
  const auto many = desk.run({"card", "set", "--from", "-", "--yes", "1", "plan=B"}, shorter);
  CHECK(many.status == 0);
  CHECK(has(many.err, shorter + ": is in the store as " + longer));
  const auto listed = desk.run({"card", "export", "--from", "-", "--columns", "iccid"}, shorter);
  CHECK(listed.out == "iccid\n" + longer + "\n");
  CHECK(has(listed.err, shorter + ": is in the store as " + longer));
  CHECK(desk.run({"card", "remove", shorter}).out == name + " removed\n");

  desk.run({"card", "add", longer});
  desk.run({"card", "add", other});
  for (const auto& verb : {std::vector<std::string>{"card", "show"},
                           {"card", "remove"},
                           {"card", "suspend", "--yes"}}) {
    std::vector<std::string> words = verb;
    words.push_back(shorter);
    const auto refused = desk.run(words);
    CHECK(refused.status == 1);
    CHECK(has(refused.err, longer + " and " + other));
  }
}

TEST_CASE("card lookup says which ICCIDs the store has") {
  Desk desk;
  desk.run({"card", "add", longer});
  desk.run({"card", "add", other});
  const auto found = desk.run({"card", "lookup", longer});
  CHECK(found.status == 0);
  CHECK(has(found.out, "found"));
  const auto mixed = desk.run({"card", "lookup", "--from", "-"}, shorter + "\n12\n");
  CHECK(mixed.status == 1);
  CHECK(has(mixed.out, "near"));
  CHECK(has(mixed.out, other));
  CHECK(has(mixed.err, "12: line 2: \"12\" is no ICCID"));
  const auto json = desk.json({"card", "lookup", longer, shorter, "8986031234567890123"});
  CHECK(json["found"].Size() == 1);
  CHECK(json["near"][0]["cards"].Size() == 2);
  CHECK(json["unknown"].Size() == 1);
  CHECK(desk.run({"card", "lookup"}).status == 2);
  CHECK(desk.run({"card", "lookup", longer, "--from", "-"}).status == 2);
}

TEST_CASE("an export has the columns that are asked for, and a change may name what it changes") {
  Desk desk;
  desk.run({"card", "add", longer, "plan=A"});
  CHECK(desk.run({"card", "export", "--columns", "plan,iccid"}).out ==
        "plan,iccid\nA," + longer + "\n");
  const auto wrong = desk.run({"card", "export", "--columns", "colour"});
  CHECK(wrong.status == 2);
  CHECK(has(wrong.err, "--columns: there is no column \"colour\""));
  CHECK(desk.run({"card", "export", "--columns", "plan", "--json"}).status == 2);

  const std::string seen = desk.json({"card", "show", longer})["updated_at"].GetString();
  CHECK(desk.run({"card", "set", longer, "plan=B", "--if-match", "2020-01-01"}).status == 1);
  CHECK(desk.run({"card", "set", longer, "plan=B", "--if-match", seen}).status == 0);
  CHECK(desk.run({"card", "set", longer, "plan=B", "--if-match", "soon"}).status == 2);
}

TEST_CASE("an import says what it did not take, and where its encoding is a guess") {
  Desk desk;
  desk.run({"card", "add", longer});
  const auto seen = desk.run({"card", "import", "--update", "-"},
                             "iccid,network_imei\n" + longer + ",358000000000010\n");
  CHECK(seen.status == 0);
  CHECK(has(seen.err,
            "1 cell of the column network_imei was not taken (the first in line 2): only the "
            "card's platform sets it"));
  const std::string list = "iccid,plan\n" + longer + ",\xC4\xA3\xCA\xBD\n";
  const auto guessed = desk.run({"card", "import", "--update", "-"}, list);
  CHECK(has(guessed.err,
            "warning: the list is read as gb18030, but it may be utf-8 as well: its text is "
            "\"模式\" in the one"));
  CHECK(has(guessed.err, "--encoding utf-8"));
  const auto shown = desk.run({"card", "import", "--update", "--dry-run", "-"}, list);
  CHECK(has(shown.out, "gb18030, or utf-8"));
  const auto said = desk.run({"card", "import", "--update", "--encoding", "utf-8", "-"}, list);
  CHECK_FALSE(has(said.err, "warning"));
}
