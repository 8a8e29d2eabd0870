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
