// SPDX-License-Identifier: Apache-2.0
// The web console's files: which are given out, in which form, and with which headers.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "api/dispatcher.h"
#include "api/representation.h"
#include "api/web_files.h"
#include "api/web_table.h"
#include "support/temp_dir.h"
#include "support/wait.h"
#include "unit/operations_bench.h"

using namespace iotcard;
namespace fs = std::filesystem;

namespace {

std::string header_in(const Response& response, const std::string& wanted) {
  for (const auto& [name, value] : response.headers) {
    if (name == wanted) return value;
  }
  return "";
}

// A dispatcher that has the console, and nothing else that can be reached without a store.
struct ConsoleHost {
  explicit ConsoleHost(std::shared_ptr<const WebFiles> web) {
    host.context = [](const std::string&) { return Context{}; };
    host.open_store = [] { return open_store("sqlite::memory:"); };
    host.open_store_to_read = host.open_store;
    host.log = [](LogLevel, const std::string&) {};
    host.web = std::move(web);
  }
  Response get(const std::string& target, std::map<std::string, std::string> headers = {}) {
    headers.emplace("host", "localhost");
    try {
      const RequestHead head{.method = "GET", .target = target, .headers = headers};
      Response response = dispatcher.answer(dispatcher.admit(head));
      represent(head, response);
      return response;
    } catch (const ApiError& error) {
      Response refused;
      respond_error(refused, error.status(), error.what());
      return refused;
    }
  }

  ApiHost host;
  EventStreams streams{"store", 16};
  Dispatcher dispatcher{ApiLimits{}, host, streams};
};

struct WebFolder {
  WebFolder() {
    fs::create_directories(dir.file("web/assets"));
    fs::create_directories(dir.file("web/node_modules/@a/b"));
    write_file(dir.file("web/index.html"), "<!doctype html>");
    write_file(dir.file("web/assets/main.js"), "1;");
    write_file(dir.file("web/node_modules/@a/b/c.mjs"), "2;");
    write_file(dir.file("secret.js"), "3;");
  }
  std::shared_ptr<const WebFiles> files() const {
    return std::make_shared<const WebFiles>(dir.file("web"));
  }
  TempDir dir;
};

}  // namespace

TEST_CASE("a folder of the console gives out known kinds of files below it and nothing else") {
  const WebFolder folder;
  const std::string web = folder.dir.file("web");
  write_file(web + "/notes.md", "no");
  write_file(web + "/.hidden.js", "no");
  fs::create_directories(web + "/.git");
  write_file(web + "/.git/a.js", "no");
  fs::create_symlink(folder.dir.file("secret.js"), web + "/link.js");
  fs::create_directory_symlink(folder.dir.file("."), web + "/up");
  fs::create_directories(web + "/folder.js");
  REQUIRE(mkfifo((web + "/pipe.js").c_str(), 0600) == 0);
  const auto files = folder.files();
  CHECK(files->find("assets/main.js")->bytes == "1;");
  CHECK(files->find("node_modules/@a/b/c.mjs")->bytes == "2;");
  CHECK(files->find("index.html")->content_type == "text/html; charset=utf-8");
  for (const char* name :
       {"", ".", "..", "../secret.js", "assets/../../secret.js", "/etc/a.js", "assets//main.js",
        "notes.md", ".hidden.js", ".git/a.js", "link.js", "up/secret.js", "folder.js", "pipe.js",
        "assets", "assets/", "none.js", "%2e%2e/secret.js", "a\\..\\b.js"}) {
    INFO(name);
    CHECK_FALSE(files->find(name));
  }
  CHECK_FALSE(files->find(std::string{"assets/main.js\0.js", 18}));
}

TEST_CASE("the page of the console may load its own files only, and is asked for each time") {
  const WebFolder folder;
  ConsoleHost console{folder.files()};
  const Response page = console.get("/");
  CHECK(page.status == 200);
  CHECK(page.body == "<!doctype html>");
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK(header_in(page, "Cache-Control") == "no-cache");
  const std::string policy = header_in(page, "Content-Security-Policy");
  CHECK(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
  CHECK(policy.find("require-trusted-types-for 'script'") != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);

  const std::string etag = header_in(page, "ETag");
  const Response again = console.get("/", {{"if-none-match", etag}});
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(header_in(again, "ETag") == etag);
  write_file(folder.dir.file("web/index.html"), "<!doctype html><p>");
  CHECK(console.get("/", {{"if-none-match", etag}}).status == 200);
}

TEST_CASE("a folder of the console takes no path from the API, and the API none from it") {
  const WebFolder folder;
  fs::create_directories(folder.dir.file("web/card"));
  write_file(folder.dir.file("web/card/list.js"), "4;");
  ConsoleHost console{folder.files()};
  CHECK(console.get("/assets/main.js").body == "1;");
  CHECK(console.get("/node_modules/@a/b/c.mjs").body == "2;");
  CHECK(console.get("/card/list.js").body != "4;");
  CHECK(console.get("/nothing.js").status == 404);
  CHECK(console.get("/assets/%2e%2e%2fsecret.js").status == 404);
  CHECK(console.get("/..%2fsecret.js").status == 404);
  CHECK(console.get("/?colour=red").status == 400);
}

TEST_CASE("without a folder only the API's paths and the console's assets exist") {
  ConsoleHost console{std::make_shared<const WebFiles>()};
  CHECK(console.get("/secret.js").status == 404);
  CHECK(console.get("/assets/none.js").status == 404);
  const Response page = console.get("/");
  CHECK(page.status == 200);
  CHECK(page.content_type == "text/html; charset=utf-8");
  if (embedded_web_files().empty()) {
    CHECK(page.body.find("-DIOTCARD_WEB=ON") != std::string::npos);
  }
}

TEST_CASE("a console that is turned off does not exist, and one without a page says so") {
  ConsoleHost off{nullptr};
  CHECK(off.get("/").status == 404);
  CHECK(off.get("/assets/main.js").status == 404);
  const TempDir dir;
  ConsoleHost empty{std::make_shared<const WebFiles>(dir.file("none"))};
  CHECK(empty.get("/").body.find("api.web_dir") != std::string::npos);
}

TEST_CASE("the compiled-in files are sent as gzip, or plain to whom does not accept that") {
  ConsoleHost console{std::make_shared<const WebFiles>()};
  std::size_t sent = 0;
  for (const EmbeddedFile& file : embedded_web_files()) {
    const std::string target =
        file.name == "index.html" ? std::string{"/"} : "/" + std::string{file.name};
    INFO(target);
    const Response packed = console.get(target, {{"accept-encoding", "gzip, deflate"}});
    CHECK(packed.status == 200);
    CHECK(header_in(packed, "Content-Encoding") == "gzip");
    CHECK(header_in(packed, "Vary") == "Accept-Encoding");
    const Response plain = console.get(target);
    CHECK(header_in(plain, "Content-Encoding").empty());
    CHECK(header_in(plain, "ETag") == header_in(packed, "ETag"));
    CHECK(plain.body == gunzipped(packed.body));
    CHECK(plain.body.size() > packed.body.size() / 2);
    const bool immutable = header_in(plain, "Cache-Control").find("immutable") != std::string::npos;
    CHECK(immutable == (target != "/"));
    sent += packed.body.size();
  }
  INFO(sent);
  CHECK((embedded_web_files().empty() || sent > 0));
}

TEST_CASE("damaged gzip is an error, not an endless loop") {
  CHECK_THROWS(gunzipped(""));
  CHECK_THROWS(gunzipped("no gzip"));
  CHECK_THROWS(gunzipped(std::string_view{"\x1f\x8b\x08\0\0\0\0\0\x02\xff\x4b", 11}));
}
