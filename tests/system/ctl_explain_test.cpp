// SPDX-License-Identifier: Apache-2.0
// The spellings of an ICCID that are seen in the field, through the tool as an operator runs it.
#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <regex>

#include "support/daemon.h"

using namespace iotcard;

namespace {

struct Row {
  const char* token;  // as it stands in the payload
  const char* iccid;  // canonical, or null
  const char* problem;
};

const Row rows[] = {
    {"898604293620C0000970", "898604293620C0000970", nullptr},
    {"89860617060065258667", "89860617060065258667", nullptr},
    {"898600E22212A9718557", "898600E22212A9718557", nullptr},
    {R"("8944476500008878576F")", "8944476500008878576", nullptr},
    {R"("894921007608519523FF")", "894921007608519523", nullptr},
    {R"("898602f31318c0378248")", "898602F31318C0378248", nullptr},
    {R"("F8901260882217768982")", "8901260882217768982", nullptr},
    {R"("98680040630916529875")", "89860004369061258957", nullptr},
    {R"("+CCID: 8901260882217768982\r\nOK")", "8901260882217768982", nullptr},
    {R"("+SQNCCID: \"89332401000010876791\",\"89033240817620069918070003435626\"")",
     "89332401000010876791", nullptr},
    {R"("89860 07031 01120 94320")", "89860070310112094320", nullptr},
    {"8.98604E+19", nullptr, "precision-lost"},
    {"89860429362000000000.0", nullptr, "precision-lost"},
    {"89860617060065263616", nullptr, "precision-lost"},
    {"89860617060065260000", nullptr, "precision-lost"},
    {R"("89033240817620069918070003435626")", nullptr, "eid-not-iccid"},
    {R"("00000000000000000000")", nullptr, nullptr},
    {R"("FFFFFFFFFFFFFFFFFFFF")", nullptr, nullptr},
    {R"("")", nullptr, nullptr},
    {"null", nullptr, nullptr},
};

std::string text_of(const rapidjson::Document& object, const char* name) {
  REQUIRE(object.HasMember(name));
  return object[name].IsString() ? object[name].GetString() : "";
}

rapidjson::Document parse(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

const std::vector<std::string> explain_input{"explain", "--no-store", "--json", "-"};

}  // namespace

TEST_CASE("explain reads every spelling of an ICCID that is seen in the field") {
  const TempDir dir;
  for (const Row& row : rows) {
    INFO(row.token);
    const auto result =
        ctl(dir, explain_input, std::string{"{\"rssi\":-60,\"iccid\":"} + row.token + "}");
    CHECK(result.status == 0);
    const auto object = parse(result.out);
    CHECK(object["accepted"].GetBool());
    CHECK(text_of(object, "iccid") == (row.iccid ? row.iccid : ""));
    CHECK(text_of(object, "iccid_problem") == (row.problem ? row.problem : ""));
    CHECK(object["outcome"].IsNull());
  }
}

TEST_CASE("explain reads the documented payload") {
  const TempDir dir;
  const auto result = ctl(dir, {"explain", "--no-store", "--json",
                                IOTCARD_SOURCE_DIR "/examples/reports/documented.json"});
  CHECK(result.status == 0);
  CHECK(result.out ==
        R"({"accepted":true,"iccid":"898604293620C0000970","iccid_raw":"898604293620C0000970",)"
        R"("iccid_problem":null,"platform":null,"luhn":"not-applicable",)"
        R"("leniencies":["unquoted-iccid"],"issues":[],"rejection":null,"outcome":null,)"
        R"("match":null,"imei":null,"iccid_key":"iccid",)"
        R"("topic_pattern":"/{product}/{device}/info/post","holder":null,"bound_iccid":null,)"
        R"("suspect":null,"candidates":[],"spans":{"iccid":{"offset":105,"length":20},)"
        R"("error":null},"writes":[],"events":[]})"
        "\n");
}

TEST_CASE("explain with a store says what the daemon would decide") {
  const TempDir dir;
  const std::string store = "sqlite:" + dir.file("cards.db");
  REQUIRE(ctl(dir, {"--store", store, "card", "import", IOTCARD_SOURCE_DIR "/examples/cards.csv"})
              .status == 0);
  const auto result =
      ctl(dir, {"explain", "--store", store, "--json", "--topic", "/1/D6O0RUN27PPP/info/post",
                IOTCARD_SOURCE_DIR "/examples/reports/documented.json"});
  const auto object = parse(result.out);
  CHECK(text_of(object, "outcome") == "binding.created");
  CHECK(text_of(object, "match") == "exact");
}

TEST_CASE("explain takes a device in place of a topic") {
  const TempDir dir;
  const std::string store = "sqlite:" + dir.file("cards.db");
  REQUIRE(ctl(dir, {"card", "add", "898604293620C0000970", "--store", store}).status == 0);
  REQUIRE(ctl(dir, {"bind", "1/D1", "898604293620C0000970", "--store", store}).status == 0);
  const std::string payload = R"({"iccid":"898604293620C0000970"})";
  const auto explained = [&](const char* device) {
    return ctl(dir, {"explain", "--device", device, "-", "--store", store}, payload);
  };
  CHECK(explained("1/D1").out.find("kind             binding.confirmed") != std::string::npos);
  const auto other = explained("1/D2");
  CHECK(other.status == 0);
  CHECK(other.out.find("mismatch.card_in_use") != std::string::npos);
  CHECK(std::regex_search(other.out, std::regex{"\ncard held by +1/D1\n"}));
  CHECK(explained("D2").status == 2);
  const auto both =
      ctl(dir, {"explain", "--device", "1/D1", "--topic", "t", "-", "--store", store});
  CHECK(both.status == 2);
}

TEST_CASE("explain tells a rejected report from wrong usage by its exit status") {
  const TempDir dir;
  const auto rejected = ctl(dir, explain_input, R"({"iccid":"8986)");
  CHECK(rejected.status == 1);
  CHECK(std::string{parse(rejected.out)["rejection"]["reason"].GetString()} == "truncated");

  CHECK(ctl(dir, {"explain", "--no-store", "--json", dir.file("no-such-file")}).status == 2);
  CHECK(ctl(dir, {"explain", "--no-store"}).status == 2);
  CHECK(ctl(dir, {"explain", "--store", "sqlite:" + dir.file("none.db"), "-"}, "{}").status == 2);
  CHECK(ctl(dir, {"explain", "--config", dir.file("none.toml"), "-"}, "{}").status == 3);
}

TEST_CASE("explain accepts any bytes, and no more of them than the daemon does") {
  const TempDir dir;
  const auto binary = ctl(dir, explain_input, std::string{"{\"iccid\":\"\"}\0\0", 14});
  CHECK(binary.status == 0);
  CHECK(binary.out.find("trailing-bytes") != std::string::npos);

  const auto large = ctl(dir, explain_input, "{\"x\":\"" + std::string(70'000, 'x') + "\"}");
  CHECK(large.status == 1);
  CHECK(large.out.find(R"("reason":"too-large","offset":65536)") != std::string::npos);
}
