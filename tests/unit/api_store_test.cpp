// SPDX-License-Identifier: Apache-2.0
// The API on a store file that others use, or that is deleted under it.
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "api/dispatcher.h"
#include "support/wait.h"
#include "unit/operations_bench.h"

using namespace iotcard;

namespace {

const std::string iccid = "898604293620C0000970";

std::string numbered_rows(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "8986061706" + std::to_string(1'000'000'001 + i) + "\n";
  return text;
}

class ApiOnFile : public OperationsBench {
 public:
  ApiOnFile() { store().add_card(Card{iccid_of(iccid.c_str())}); }

  int status(const std::string& method, const std::string& target, const std::string& type = "",
             const std::string& body = "") {
    RequestHead head{method, target, {{"host", "localhost"}}};
    if (!body.empty()) {
      head.headers["content-type"] = type;
      head.headers["content-length"] = std::to_string(body.size());
    }
    Admitted admitted = dispatcher.admit(head);
    admitted.request.body = body;
    return dispatcher.answer(std::move(admitted)).status;
  }
  int set_note() { return status("PUT", "/card/" + iccid, "application/json", R"({"note":"x"})"); }

  std::string path() const { return folder() + "/cards.db"; }

  std::mutex mutex;
  std::vector<std::string> log;  // guarded by mutex
  const ApiHost host = make_host();
  EventStreams streams{"store", 16};
  Dispatcher dispatcher{ApiLimits{}, host, streams};

 private:
  ApiHost make_host() {
    ApiHost made;
    made.open_store = [this] { return open_existing_store("sqlite:" + path()); };
    made.open_store_to_read = [this] { return open_store_to_read("sqlite:" + path()); };
    made.context = [this](const std::string& by) {
      Context of_caller = context;
      of_caller.by = by;
      return of_caller;
    };
    made.mapping_folders = [] {
      return std::vector<std::string>{IOTCARD_SOURCE_DIR "/examples/lists"};
    };
    made.card_max_age = [] { return std::chrono::hours{24}; };
    made.log = [this](LogLevel, const std::string& line) {
      const std::lock_guard lock{mutex};
      log.push_back(line);
    };
    return made;
  }
};

}  // namespace

TEST_CASE("a request that changes the store does not wait for an import") {
  ApiOnFile api;
  REQUIRE(api.set_note() == 200);
  std::atomic<bool> ended{false};
  std::thread import{[&] {
    api.status("POST", "/card/import", "text/csv", "iccid\n" + numbered_rows(50'000));
    ended = true;
  }};
  CHECK(eventually([&] { return !api.store().imports().empty(); }));
  CHECK(api.set_note() == 200);
  CHECK_FALSE(ended);
  api.dispatcher.stop();  // the rest is of no interest
  import.join();
}

TEST_CASE("an import by HTTP takes the name of a mapping, an encoding and a delimiter") {
  ApiOnFile api;
  const auto import = [&](const std::string& query, const std::string& csv) {
    return api.status("POST", "/card/import?" + query, "text/csv", csv);
  };
  const std::string list = "IDENTIFIER;OPERATOR\n8933150319000000162;SFR\n";
  CHECK(import("map=airvantage", list) == 200);
  CHECK(api.store().find_card(iccid_of("8933150319000000162"))->card.operator_name == "SFR");
  CHECK(import("encoding=gbk&delimiter=tab", "iccid\tplan\n89860429360000554339\t\xBF\xA8\n") ==
        200);
  CHECK(api.store().find_card(iccid_of("89860429360000554339"))->card.plan == "卡");
  CHECK(import("map=nobody", list) == 400);
  // A name is no way to other files.
  CHECK(import("map=../lists/airvantage", list) == 400);
  CHECK(import("map=%2Fetc%2Fpasswd", list) == 400);
  CHECK(import("encoding=klingon", list) == 400);
  CHECK(import("delimiter=ab", list) == 400);
}

TEST_CASE("a card is not added by HTTP beside its other spelling") {
  ApiOnFile api;
  api.store().add_card(Card{iccid_of("8988303010000000016")});
  const auto add = [&](const std::string& card) {
    return api.status("POST", "/card", "application/json", R"({"iccid":")" + card + R"("})");
  };
  CHECK(add("89883030100000000164") == 409);
  CHECK(add("89883030100000000263") == 201);
}

TEST_CASE("requests fail while the store's file is away, and no other file is made") {
  ApiOnFile api;
  const std::string away = api.folder() + "/away.db";
  const bool used_before = GENERATE(true, false);
  CAPTURE(used_before);
  if (used_before) {
    REQUIRE(api.set_note() == 200);
    REQUIRE(api.status("GET", "/card/" + iccid) == 200);
  }
  std::filesystem::rename(api.path(), away);
  CHECK(api.set_note() == 503);
  CHECK(api.status("GET", "/card/" + iccid) == 503);
  CHECK(api.status("POST", "/card/import", "text/csv", "iccid\n" + numbered_rows(1)) == 503);
  CHECK_FALSE(std::filesystem::exists(api.path()));
  for (const std::string& line : api.log) {
    CHECK(line.find("Put the file back, or restart the daemon") != std::string::npos);
  }
  std::filesystem::rename(away, api.path());
  CHECK(api.set_note() == 200);
  CHECK(api.status("POST", "/card/import", "text/csv", "iccid\n" + numbered_rows(1)) == 200);
}
