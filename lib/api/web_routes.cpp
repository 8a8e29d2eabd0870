// SPDX-License-Identifier: Apache-2.0
// The web console: its page and the files that the page loads. They say nothing about cards, so
// they need no token; the page asks for one itself.
#include "api/handlers.h"
#include "api/representation.h"
#include "api/web_files.h"

namespace iotcard {
namespace {

// Nothing but the daemon's own files runs in the page, and no text becomes markup. Sources: CSP 3,
// Trusted Types.
constexpr const char* page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'";

constexpr std::string_view page_without_console =
    "<!doctype html>\n"
    "<html lang=\"en\"><meta charset=\"utf-8\"><title>iotcardd</title>\n"
    "<h1>iotcardd is running</h1>\n"
    "<p>This program was built without the web console. To build it in, install npm "
    "(<code>scripts/install-deps.sh --web</code>), then run "
    "<code>cmake --preset release -DIOTCARD_WEB=ON</code> and build again.</p>\n"
    "<p>The HTTP API and <code>iotcardctl</code> work without the console.</p></html>\n";

constexpr std::string_view page_without_index =
    "<!doctype html>\n"
    "<html lang=\"en\"><meta charset=\"utf-8\"><title>iotcardd</title>\n"
    "<h1>iotcardd is running</h1>\n"
    "<p>The folder of <code>api.web_dir</code> has no <code>index.html</code> that can be read. "
    "Correct the key, or remove it to use the console that is built in.</p></html>\n";

void give_web_file(const Call& call, WebFile file, const char* cache_control) {
  Response& response = call.response;
  response.headers = {{"Cache-Control", cache_control},
                      // Weak, since the compressed and the plain form have it in common.
                      {"ETag", "W/\"" + file.hash + '"'},
                      {"Vary", "Accept-Encoding"},
                      {"Content-Security-Policy", page_policy}};
  response.content_type = file.content_type;
  if (file.is_gzipped && accepts_gzip(call.request.head.header("accept-encoding"))) {
    response.headers.emplace_back("Content-Encoding", "gzip");
  } else if (file.is_gzipped) {
    file.bytes = gunzipped(file.bytes);
  }
  response.body = std::move(file.bytes);
}

const WebFiles& web_files_of(const Call& call) {
  if (!call.host.web) throw ApiError{404, "the web console is turned off: api.web is false"};
  return *call.host.web;
}

constexpr const char* ask_each_time = "no-cache";

}  // namespace

void handle_web_page(const Call& call) {
  const WebFiles& files = web_files_of(call);
  if (auto page = files.find("index.html")) {
    return give_web_file(call, *std::move(page), ask_each_time);
  }
  call.response.content_type = "text/html; charset=utf-8";
  call.response.headers = {{"Cache-Control", ask_each_time},
                           {"Content-Security-Policy", page_policy}};
  call.response.body = files.is_folder() ? page_without_index : page_without_console;
}

// The path itself, since a folder (api.web_dir) may have files at any depth.
void handle_web_file(const Call& call) {
  const WebFiles& files = web_files_of(call);
  auto file = files.find(std::string_view{call.request.path}.substr(1));
  if (!file) throw ApiError{404, "the web console has no such file"};
  // The name of a compiled-in file changes with its content.
  give_web_file(call, *std::move(file),
                files.is_folder() ? ask_each_time : "public, max-age=31536000, immutable");
}

}  // namespace iotcard
