// SPDX-License-Identifier: Apache-2.0
// How a response goes over the wire: compressed or not, or as "you have it already".
#include <zlib.h>

#include <array>
#include <catch2/catch.hpp>

#include "api/representation.h"

using namespace iotcard;

namespace {

std::string expanded(const std::string& gzip) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  std::string text;
  int result = Z_OK;
  while (result == Z_OK) {
    std::array<char, 4096> out;
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    result = inflate(&stream, Z_NO_FLUSH);
    text.append(out.data(), out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  CHECK(result == Z_STREAM_END);
  return text;
}

std::string value_of(const Response& response, const std::string& name) {
  for (const auto& [known, value] : response.headers) {
    if (known == name) return value;
  }
  return "";
}

Response represented(Response response, std::map<std::string, std::string> headers = {},
                     const std::string& method = "GET") {
  represent({.method = method, .target = "/", .headers = std::move(headers)}, response);
  return response;
}

Response json(const std::string& body) {
  Response response;
  response.body = body;
  return response;
}

}  // namespace

TEST_CASE("a client is sent gzip if it accepts that") {
  for (const char* yes : {"gzip", "GZip", "x-gzip", "br, gzip;q=0.5", "*",
                          "deflate;q=1,gzip ; q=0.001"}) {
    CAPTURE(yes);
    CHECK(accepts_gzip(yes));
  }
  for (const char* no : {"", "br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "xgzip", "br;gzip"}) {
    CAPTURE(no);
    CHECK_FALSE(accepts_gzip(no));
  }
}

TEST_CASE("bodies from 1 KiB on are compressed, smaller ones and those that are already are not") {
  const std::string large(1024, 'x');
  const Response sent = represented(json(large), {{"accept-encoding", "gzip"}});
  CHECK(value_of(sent, "Content-Encoding") == "gzip");
  CHECK(value_of(sent, "Vary") == "Accept-Encoding");
  CHECK(expanded(sent.body) == large);
  CHECK(represented(json(large)).body == large);
  CHECK(value_of(represented(json(large)), "Vary") == "Accept-Encoding");
  CHECK(represented(json(large.substr(1)), {{"accept-encoding", "gzip"}}).body == large.substr(1));
  Response own = json(large);
  own.headers = {{"content-encoding", "gzip"}};
  CHECK(represented(own, {{"accept-encoding", "gzip"}}).body == large);
}

TEST_CASE("a stream is compressed in pieces, one of events is not") {
  Response response;
  response.content_type = "text/csv";
  response.stream = [](const WriteBytes& write) {
    for (int i = 0; i < 100; ++i) write("898604293620C0000970\n");
    write({});
  };
  std::string sent;
  const auto write = [&](std::string_view bytes) {
    sent += bytes;
    return true;
  };
  represented(response, {{"accept-encoding", "gzip"}}).stream(write);
  CHECK(sent.size() < 200);
  CHECK(expanded(sent).size() == 2100);
  response.content_type = "text/event-stream";
  CHECK(represented(response, {{"accept-encoding", "gzip"}}).headers.empty());
}

TEST_CASE("a client that has a body already is told so") {
  const Response first = represented(json("{}"));
  const std::string tag = value_of(first, "ETag");
  CHECK(tag.starts_with("W/\""));
  CHECK(value_of(represented(json("[]")), "ETag") != tag);
  for (const std::string& have : {tag, tag.substr(2), "\"x\", " + tag, std::string{"*"}}) {
    CAPTURE(have);
    const Response again = represented(json("{}"), {{"if-none-match", have}});
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(value_of(again, "ETag") == tag);
  }
  CHECK(represented(json("{}"), {{"if-none-match", "\"x\""}}).status == 200);
  const std::string large(1024, 'x');
  const std::string large_tag = value_of(represented(json(large)), "ETag");
  const Response large_again = represented(json(large), {{"if-none-match", large_tag}});
  CHECK(large_again.status == 304);
  CHECK(value_of(large_again, "Vary") == "Accept-Encoding");
  CHECK(represented(json("{}"), {{"if-none-match", "*"}}, "POST").status == 200);
  Response failed = json("{}");
  failed.status = 404;
  CHECK(represented(failed, {{"if-none-match", "*"}}).status == 404);
  // The tag of a card is for If-Match.
  Response card = json("{}");
  card.headers = {{"ETag", "\"2026\""}};
  CHECK(represented(card, {{"if-none-match", "\"2026\""}}).status == 200);
}
