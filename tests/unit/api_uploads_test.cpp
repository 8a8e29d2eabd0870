// SPDX-License-Identifier: Apache-2.0
// A card list that is tried first and then applied exactly as it was tried.
#include <catch2/catch.hpp>
#include <filesystem>

#include "api/dispatcher.h"
#include "domain/card_fields.h"
#include "operations/card_import_columns.h"
#include "support/json_schema.h"
#include "unit/operations_bench.h"

using namespace iotcard;

namespace {

// A daemon's API on a store in a file, since an import has a connection of its
// own.
struct UploadHost {
  Response call(const std::string& method, const std::string& target,
                const std::string& body = {}) {
    RequestHead head{method, target, {{"host", "localhost"}}};
    if (!body.empty()) {
      head.headers["content-type"] = "text/csv";
      head.headers["content-length"] = std::to_string(body.size());
    }
    try {
      Admitted admitted = dispatcher.admit(head);
      admitted.request.body = body;
      return dispatcher.answer(std::move(admitted));
    } catch (const ApiError& error) {
      Response response;
      response.status = error.status();
      return response;
    }
  }
  rapidjson::Document json(const std::string& method, const std::string& target,
                           const std::string& body = {}) {
    const Response response = call(method, target, body);
    INFO(response.body);
    REQUIRE(response.status == 200);
    rapidjson::Document document;
    document.Parse(response.body.c_str());
    return document;
  }
  std::string try_list(const std::string& list) {
    const auto tried = json("POST", "/card/import?dryRun=true&keep=true", list);
    return tried["data"]["upload"]["id"].GetString();
  }
  std::string folder() const { return bench.folder() + "/uploads"; }

  ApiHost make() {
    ApiHost made;
    made.open_store = [this] { return open_store("sqlite:" + bench.folder() + "/cards.db"); };
    made.open_store_to_read = made.open_store;
    made.context = [this](const std::string& by) {
      Context context;
      context.by = by;
      context.now = now;
      return context;
    };
    made.upload_folder = [this] { return folder(); };
    made.log = [](LogLevel, const std::string&) {};
    return made;
  }

  OperationsBench bench;
  Instant now = *parse_time("2026-11-25T08:00:00Z");
  const ApiHost host = make();
  EventStreams streams{"store", 16};
  Dispatcher dispatcher{ApiLimits{}, host, streams};
};

constexpr const char* two_cards =
    "iccid,plan\n898604293620C0000970,A\n89860617060065258667,A\n123,A\n";

}  // namespace

TEST_CASE("a list that was tried and kept is applied exactly so, once") {
  UploadHost host;
  const std::string id = host.try_list(two_cards);
  CHECK(id.size() == 32);
  CHECK(host.bench.store().count_cards({}) == 0);
  const std::string path = "/card/import/uploads/" + id;
  const auto kept = host.json("GET", path);
  CHECK(kept["data"]["state"] == "kept");
  CHECK(kept["data"]["rows"].GetInt() == 3);
  CHECK(kept["data"]["done"].GetInt() == 0);
  CHECK(kept["data"]["result"]["dry_run"].GetBool());
  CHECK(host.call("GET", path + "/problems").body.starts_with("line,iccid,reason\r\n4,,"));

  const auto applied = host.json("POST", "/card/import?upload=" + id);
  CHECK(applied["data"]["added"].GetInt() == 2);
  CHECK(applied["data"]["refused"].GetInt() == 1);
  CHECK(host.bench.store().count_cards({}) == 2);
  const auto done = host.json("GET", path);
  CHECK(done["data"]["state"] == "done");
  CHECK(done["data"]["done"].GetInt() == 3);
  CHECK_FALSE(done["data"]["result"]["dry_run"].GetBool());
  CHECK(host.call("POST", "/card/import?upload=" + id).status == 409);
}

TEST_CASE("an upload needs a dry run, no body and no other options to be applied") {
  UploadHost host;
  CHECK(host.call("POST", "/card/import?keep=true", two_cards).status == 400);
  const std::string id = host.try_list(two_cards);
  CHECK(host.call("POST", "/card/import?upload=" + id, two_cards).status == 400);
  CHECK(host.call("POST", "/card/import?update=true&upload=" + id).status == 400);
  for (const char* other : {"00000000000000000000000000000000", "..%2F..%2Fcards.db", "x"}) {
    CHECK(host.call("POST", std::string{"/card/import?upload="} + other).status == 404);
    CHECK(host.call("GET", std::string{"/card/import/uploads/"} + other).status == 404);
    CHECK(host.call("GET", std::string{"/card/import/uploads/"} + other + "/problems").status ==
          404);
  }
  CHECK(host.json("GET", "/card/import/uploads/" + id)["data"]["state"] == "kept");
  // One that cannot be read leaves nothing.
  CHECK(host.call("POST", "/card/import?dryRun=true&keep=true", "no,card\n").status == 400);
  CHECK(std::distance(std::filesystem::directory_iterator{host.folder()}, {}) == 2);
}

TEST_CASE(
    "an upload is gone after ten minutes, and the oldest where there are "
    "too many") {
  UploadHost host;
  const std::string first = host.try_list(two_cards);
  host.now += std::chrono::minutes{9};
  CHECK(host.json("GET", "/card/import/uploads/" + first)["data"]["state"] == "kept");
  const std::string second = host.try_list(two_cards);
  host.now += std::chrono::minutes{1};
  CHECK(host.call("GET", "/card/import/uploads/" + first).status == 404);
  CHECK(host.call("POST", "/card/import?upload=" + first).status == 404);
  for (int i = 0; i < 4; ++i) {
    CHECK(host.json("GET", "/card/import/uploads/" + second)["data"]["state"] == "kept");
    host.now += std::chrono::seconds{1};
    host.try_list(two_cards);
  }
  CHECK(host.call("GET", "/card/import/uploads/" + second).status == 404);
  CHECK(std::distance(std::filesystem::directory_iterator{host.folder()}, {}) == 8);
}

TEST_CASE(
    "the folder of uploads is gone with the daemon, and one that was "
    "refused leaves it") {
  UploadHost host;
  host.try_list(two_cards);
  {
    KeptUploads refused{[&] { return host.folder(); }};
  }
  CHECK(std::filesystem::exists(host.folder()));
  {
    KeptUploads next{[&] { return host.folder(); }};
    next.clear();
    CHECK_FALSE(std::filesystem::exists(host.folder()));
    next.begin("iccid\n", {}, host.now);
    CHECK(std::filesystem::exists(host.folder()));
  }
  CHECK_FALSE(std::filesystem::exists(host.folder()));
}

TEST_CASE(
    "an import describes each column that an operator may fill, with an "
    "example that fits") {
  std::vector<std::string> names;
  for (const ImportColumn& column : import_columns()) {
    INFO(column.name);
    CHECK_FALSE(column.text.empty());
    CHECK_FALSE(column.example.empty());
    names.emplace_back(column.name);
    const CardField* const field = find_card_field(column.name);
    Card card{*Iccid::from_canonical("898604293620C0000970")};
    if (field != nullptr) CHECK_FALSE(field->set(card, column.example));
  }
  CHECK(names.front() == "iccid");
  for (const CardField& field : card_fields()) {
    if (field.owner != CardField::Owner::operators) continue;
    CHECK(std::ranges::count(names, field.name) == 1);
  }
}
