// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 to the letter, HTTPS, and what no client may do to the API of a running daemon: keep it
// busy, hold up its end, or take its memory.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "support/running_server.h"
#include "support/tls_files.h"
#include "system/api_world.h"

using namespace iotcard;

namespace {

int status_of(std::uint16_t port, const std::string& bytes) {
  HttpConnection connection{port};
  connection.send(bytes);
  return connection.read_reply().status;
}

const std::string explain_head = "POST /report/explain HTTP/1.1\r\nHost: localhost\r\n";
const std::string chunked = explain_head + "Transfer-Encoding: chunked\r\n\r\n";

const std::string multipart_head =
    "POST /card/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; "
    "boundary=part\r\n";

void replace_files(const TlsFiles& from, const TlsFiles& to) {
  const auto all = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(from.server_cert, to.server_cert, all);
  std::filesystem::copy_file(from.server_key, to.server_key, all);
}

int https_status(std::uint16_t port, const std::string& ca) {
  httplib::SSLClient client{"127.0.0.1", port};
  client.set_ca_cert_path(ca.c_str());
  client.enable_server_certificate_verification(true);
  const auto result = client.Get("/healthz");
  return result ? result->status : 0;
}

// The share of one processor that the process uses meanwhile.
double share_of_cpu(pid_t pid, std::chrono::milliseconds span) {
  const auto used = [&] {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text;
    std::getline(file, text);
    std::istringstream fields{text.substr(text.rfind(')') + 2)};
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  };
  const double before = used();
  std::this_thread::sleep_for(span);
  return (used() - before) / std::chrono::duration<double>(span).count();
}

}  // namespace

TEST_CASE("what is not HTTP/1.1 to the letter is refused") {
  const ApiWorld world;
  const std::string host = "Host: localhost\r\n";
  const std::string get = "GET /healthz HTTP/1.1\r\n" + host;
  const std::string nul{"\0", 1};
  CHECK(status_of(world.port, get + "\r\n") == 200);
  CHECK(status_of(world.port, get + "A:  b \t\r\nC:\r\nD:\td\r\n\r\n") == 200);
  CHECK(status_of(world.port, "\r\n" + get + "\r\n") == 200);
  const std::string refused[] = {
      "GET /healthz HTTP/1.1\n" + host + "\r\n",
      "GET /healthz HTTP/1.1\r\nHost: localhost\n\r\n",
      get + "\n",
      get + "A: b\n\r\n",
      get + "A: b\nC: d\r\n\r\n",
      get + "A: b\r\n folded\r\n\r\n",
      get + "A: b\r\n\tfolded\r\nC: d\r\n\r\n",
      "GET /healthz HTTP/1.1\r\n " + host + "\r\n",
      get + "A: b" + nul + "c\r\n\r\n",
      get + "A" + nul + ": c\r\n\r\n",
      get + "A: b\rc\r\n\r\n",
      get + "A: \x01\r\n\r\n",
      get + "A : b\r\n\r\n",
      get + "A\t: b\r\n\r\n",
      get + ": b\r\n\r\n",
      get + "no colon\r\n\r\n",
      get + "A(b): c\r\n\r\n",
      "GET  /healthz HTTP/1.1\r\n" + host + "\r\n",
      "GET /healthz  HTTP/1.1\r\n" + host + "\r\n",
      "GET /healthz HTTP/1.1 \r\n" + host + "\r\n",
      "GET /health z HTTP/1.1\r\n" + host + "\r\n",
      "GET /healthz" + nul + " HTTP/1.1\r\n" + host + "\r\n",
      "GET /h\xc3\xa4 HTTP/1.1\r\n" + host + "\r\n",
      "GET /healthz http/1.1\r\n" + host + "\r\n",
      "G(T /healthz HTTP/1.1\r\n" + host + "\r\n",
      "GET /healthz HTTP/1.1\r\n\r\n",
      get + host + "\r\n",
      "POST /report/explain HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      explain_head + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
      explain_head + "Content-Length: 2, 2\r\n\r\n{}",
      explain_head + "Content-Length: +2\r\n\r\n{}",
      explain_head + "Content-Length: 0x2\r\n\r\n{}",
      explain_head + "Content-Length: -1\r\n\r\n{}",
      explain_head + "Content-Length: \r\n\r\n{}",
      explain_head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      explain_head + "Transfer-Encoding: chunked, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      explain_head + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      explain_head + "Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      explain_head + "Transfer-Encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      chunked + "0x2\r\n{}\r\n0\r\n\r\n",
      chunked + "+2\r\n{}\r\n0\r\n\r\n",
      chunked + "-2\r\n{}\r\n0\r\n\r\n",
      chunked + " 2\r\n{}\r\n0\r\n\r\n",
      chunked + "2 \r\n{}\r\n0\r\n\r\n",
      chunked + ";x\r\n{}\r\n0\r\n\r\n",
      chunked + "2\r\n{}0\r\n\r\n",
  };
  for (const std::string& bytes : refused) {
    CAPTURE(bytes);
    // The newer library closes the connection without a word after a NUL in the request line.
    const bool has_nul = bytes.substr(0, bytes.find('\n')).find('\0') != std::string::npos;
    CHECK(status_of(world.port, bytes) == (newer_library && has_nul ? 0 : 400));
  }
  // The newer library refuses each extension.
  CHECK(status_of(world.port, chunked + "2;x=y\r\n{}\r\n0\r\nTrailer: x\r\n\r\n") ==
        (newer_library ? 400 : 200));
  CHECK(status_of(world.port, chunked + "2\r\n{}\r\n0\r\nTrailer: x\r\n\r\n") == 200);
  CHECK(status_of(world.port,
                  explain_head + "Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n") == 200);
  const int too_large = status_of(world.port, get + "A: " + std::string(70'000, 'x') + "\r\n\r\n");
  CHECK(too_large == 431);
}

TEST_CASE("what follows a body that could be misread is not taken for a request") {
  const ApiWorld world;
  // A proxy may take all up to the second CR LF for the extension of a chunk.
  HttpConnection connection{world.port};
  connection.send(chunked + "2;\n{}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  connection.read_reply();
  CHECK(connection.ends());
  CHECK_FALSE(contains(connection.received(), "HTTP/1.1 200"));
}

TEST_CASE("nothing follows the head of an answer to HEAD") {
  const ApiWorld world;
  for (const char* target : {"/card/export", "/device/export", "/event/stream", "/card/list"}) {
    CAPTURE(target);
    HttpConnection connection{world.port};
    connection.send(std::string{"HEAD "} + target +
                    " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    CHECK(connection.ends());
    const std::string& all = connection.received();
    CHECK(all.starts_with("HTTP/1.1 200 "));
    CHECK(all.find("\r\n\r\n") + 4 == all.size());
  }
}

TEST_CASE("a request that stops in the middle keeps no processor busy") {
  const TempDir secrets;
  const TlsFiles tls = make_tls_files(secrets, "server");
  ApiWorld secure{"cert_file = \"" + tls.server_cert + "\"\nkey_file = \"" + tls.server_key + "\""};
  HttpConnection handshake{secure.port};
  handshake.send("\x16");
  CHECK(share_of_cpu(secure.daemon.process().pid(), std::chrono::milliseconds{1500}) < 0.4);
  ApiWorld world;
  HttpConnection extension{world.port};
  extension.send(chunked + "2;" + std::string(130 << 10, 'x'));
  CHECK(share_of_cpu(world.daemon.process().pid(), std::chrono::milliseconds{1500}) < 0.4);
}

TEST_CASE("a query of many parameters is refused") {
  const ApiWorld world;
  std::string query;
  for (int i = 0; i < 2000; ++i) query += "a&";
  CHECK(status_of(world.port, "GET /card/list?" + query + " HTTP/1.1\r\nHost: localhost\r\n\r\n") ==
        400);
}

TEST_CASE("a target that names the server counts for more than Host") {
  const ApiWorld world;
  const auto get = [&](const std::string& target, const std::string& host) {
    return status_of(world.port, "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  };
  CHECK(get("http://localhost/healthz", "localhost") == 200);
  CHECK(get("http://evil.example/healthz", "localhost") == 403);
}

TEST_CASE("headers of a form without end keep nobody waiting") {
  const ApiWorld world;
  HttpConnection connection{world.port};
  std::string body = "--part\r\n";
  while (body.size() < 108 << 10) body += "Content-Disposition: form-data; name=\"a\"; x=y\r\n";
  const auto began = std::chrono::steady_clock::now();
  connection.send(multipart_head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                  body);
  CHECK(connection.read_reply().status == 400);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{1});
}

TEST_CASE("the daemon stops in time whatever its clients do") {
  ApiWorld world;
  std::deque<HttpConnection> clients;
  const auto open = [&](const std::string& bytes, int receive_buffer = 0) {
    clients.emplace_back(world.port, receive_buffer);
    clients.back().send(bytes);
  };
  for (int i = 0; i < 8; ++i) {
    open("");
    open("GET /heal");
    open(multipart_head + "Content-Length: 60000000\r\n\r\n--part\r\nA: ");
    open(chunked + "ffffff\r\nx");
    open("GET /event/stream HTTP/1.1\r\nHost: localhost\r\n\r\n", 4096);
    open("GET /card/export HTTP/1.1\r\nHost: localhost\r\n\r\n", 4096);
  }
  const auto began = std::chrono::steady_clock::now();
  CHECK(world.daemon.terminate() == 0);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{5});
}

TEST_CASE("the stream of a caller whose token is removed ends at the reload") {
  const TempDir secrets;
  const std::string file = secrets.file("tokens");
  write_file(file, "console read " + reader + "\nops write " + writer + "\n");
  chmod(file.c_str(), 0600);
  ApiWorld world{"token_file = \"" + file + "\""};
  HttpConnection removed{world.port};
  removed.send({.target = "/event/stream", .headers = {{"Authorization", "Bearer " + reader}}});
  REQUIRE(removed.read_until(": still here\n\n"));
  HttpConnection kept{world.port};
  kept.send({.target = "/event/stream", .headers = {{"Authorization", "Bearer " + writer}}});
  REQUIRE(kept.read_until(": still here\n\n"));
  write_file(file, "ops write " + writer + "\n");
  world.daemon.process().signal(SIGHUP);
  CHECK(removed.ends());
  CHECK_FALSE(kept.ends(std::chrono::milliseconds{1500}));
}

TEST_CASE("a request that finds no memory or no thread fails alone") {
  ApiWorld world;
  const pid_t pid = world.daemon.process().pid();
  const auto set_limit = [&](rlim_t bytes) {
    const rlimit limit{bytes, RLIM_INFINITY};
    REQUIRE(prlimit(pid, RLIMIT_AS, &limit, nullptr) == 0);
  };
  std::ifstream statm{"/proc/" + std::to_string(pid) + "/statm"};
  std::size_t pages = 0;
  statm >> pages;
  set_limit(pages * 4096 + (1 << 20));
  std::deque<HttpConnection> clients;
  const std::string body = std::string((1 << 20) - 2, ' ') + "{}";
  for (int i = 0; i < 70; ++i) {
    clients.emplace_back(world.port);
    clients.back().send(explain_head + "Content-Length: " + std::to_string(body.size()) +
                        "\r\n\r\n" + (i % 2 == 0 ? body : ""));
  }
  for (HttpConnection& client : clients) client.read_reply(std::chrono::milliseconds{200});
  clients.clear();
  set_limit(RLIM_INFINITY);
  CHECK(eventually([&] { return http_get(world.port, "/healthz").status == 200; }));
  CHECK(http_get(world.port, "/card/list").status == 200);
  world.report("D1", documented_payload);
  CHECK(world.wait_for("mismatch/card_unknown/1/D1"));
  CHECK(world.daemon.terminate() == 0);
}

TEST_CASE("a list is sent compressed, and once only while it stays the same") {
  const ApiWorld world;
  const HttpReply plain = http_get(world.port, "/metrics");
  CHECK_FALSE(plain.headers.contains("content-encoding"));
  const HttpReply small = http_get(world.port, "/metrics", {{"Accept-Encoding", "gzip"}});
  CHECK(small.headers.at("content-encoding") == "gzip");
  CHECK(small.body.size() < plain.body.size() / 2);
  const HttpReply list = http_get(world.port, "/card/list");
  const HttpReply again =
      http_get(world.port, "/card/list", {{"If-None-Match", list.headers.at("etag")}});
  CHECK(again.status == 304);
  CHECK(again.headers.at("etag") == list.headers.at("etag"));
  add_card(world.dir, world.daemon, documented_iccid);
  CHECK(http_get(world.port, "/card/list", {{"If-None-Match", list.headers.at("etag")}}).status ==
        200);
}

TEST_CASE("the limits of the configuration hold") {
  const ApiWorld world{"connections = 5\nstreams = 1"};
  HttpConnection stream{world.port};
  stream.send({.target = "/event/stream"});
  REQUIRE(stream.read_until(": still here\n\n"));
  CHECK(http_get(world.port, "/event/stream").status == 503);
  std::deque<HttpConnection> clients;
  CHECK(eventually([&] {
    clients.clear();
    for (int i = 0; i < 4; ++i) clients.emplace_back(world.port);
    HttpConnection last{world.port};
    return last.read_reply(std::chrono::milliseconds{500}).status == 503;
  }));
}

TEST_CASE("the daemon speaks HTTPS, and a reload brings another certificate") {
  const TempDir secrets;
  const TlsFiles first = make_tls_files(secrets, "first");
  const TlsFiles second = make_tls_files(secrets, "second");
  ApiWorld world{"cert_file = \"" + first.server_cert + "\"\nkey_file = \"" + first.server_key +
                 "\""};
  CHECK(https_status(world.port, first.ca) == 200);
  CHECK(https_status(world.port, second.ca) == 0);
  HttpConnection plain{world.port};
  plain.send({.target = "/healthz"});
  CHECK(plain.read_reply().status == 0);

  // A key of another certificate is refused, and the old certificate stays.
  const std::string key = read_file(first.server_key);
  write_file(first.server_key, read_file(second.server_key));
  world.daemon.process().signal(SIGHUP);
  REQUIRE(world.daemon.wait_for_log("api.key_file: " + first.server_key +
                                    ": this is not the key of the certificate in "));
  CHECK(https_status(world.port, first.ca) == 200);
  write_file(first.server_key, key);
  replace_files(second, first);
  world.daemon.process().signal(SIGHUP);
  CHECK(eventually([&] { return https_status(world.port, second.ca) == 200; }));
  CHECK(https_status(world.port, first.ca) == 0);
  const auto began = std::chrono::steady_clock::now();
  HttpConnection silent{world.port};
  CHECK(world.daemon.terminate() == 0);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{5});
}
