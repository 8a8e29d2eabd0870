// SPDX-License-Identifier: Apache-2.0
// The file in a multipart form, however its body is cut, and forms that are none.
#include <catch2/catch.hpp>
#include <chrono>

#include "api/form_reader.h"

using namespace iotcard;

namespace {

const std::string type = "multipart/form-data; boundary=part";

struct FormRead {
  bool complete;
  int files;
  std::string content;
};

FormRead read_form(const std::string& body, std::size_t piece,
                   const std::string& content_type = type) {
  std::string content;
  FormReader form{content_type, [&](std::string_view bytes) { content += bytes; }};
  for (std::size_t at = 0; at < body.size(); at += piece) form.read(body.substr(at, piece));
  return {form.complete(), form.files(), content};
}

std::string field(const std::string& name, const std::string& content) {
  return "--part\r\nContent-Disposition: form-data; name=\"" + name +
         "\"; filename=\"a;b.csv\"\r\nContent-Type: text/csv\r\n\r\n" + content + "\r\n";
}

}  // namespace

TEST_CASE("the file of a form is read the same however the body is cut") {
  const std::string content = "iccid\r\n--par\r\n--\r\n8986\r";
  const std::string body = "preamble\r\n" + field("note", "x") + field("file", content) +
                           field("more", "") + "--part--\r\nepilogue";
  for (const std::size_t piece : {1, 2, 3, 7, 64, 10'000}) {
    CAPTURE(piece);
    const FormRead read = read_form(body, piece);
    CHECK(read.complete);
    CHECK(read.files == 1);
    CHECK(read.content == content);
  }
}

TEST_CASE("an empty file is a file, and boundaries are read as they are named") {
  CHECK(read_form(field("file", "") + "--part--", 5).files == 1);
  CHECK(read_form(field("file", "") + "--part--", 5).complete);
  CHECK(read_form("--part  \r\n\r\nx\r\n--part--", 4).complete);  // no headers, blanks
  CHECK(read_form("--x\r\nContent-Disposition:form-data;name=file\r\n\r\n1\r\n--x--", 3,
                  "multipart/form-data;charset=x; BOUNDARY=x")
            .content == "1");
  CHECK(read_form("--a;b\r\nContent-Disposition: form-data; name=\"fi\\le\"\r\n\r\n1\r\n--a;b--", 3,
                  "multipart/form-data; boundary=\"a;b\"")
            .content == "1");
}

TEST_CASE("a form that breaks off, or is none, is not complete") {
  CHECK_FALSE(read_form(field("file", "1"), 100).complete);
  CHECK_FALSE(read_form("--part\r\nContent-Disposition: form-data", 100).complete);
  CHECK_FALSE(read_form("--partx\r\n\r\n1\r\n--part--", 100).complete);
  CHECK_FALSE(read_form("--part--", 100, "multipart/form-data").complete);
  CHECK_FALSE(read_form("--part--", 100, "multipart/form-data; boundary=").complete);
  CHECK_FALSE(
      read_form("--part--", 100, "multipart/form-data; boundary=" + std::string(71, 'x')).complete);
  CHECK_FALSE(
      read_form("--part\r\nX: " + std::string(9000, 'x') + "\r\n\r\n1\r\n--part--", 1000).complete);
  CHECK(read_form(field("file", "1") + field("file", "2") + "--part--", 100).files == 2);
}

TEST_CASE("no form costs more than its size") {
  const auto began = std::chrono::steady_clock::now();
  std::string lines = "--part\r\n";
  for (int i = 0; i < 500'000; ++i) lines += "a\r\n";
  read_form(lines, 16384);
  std::string near;
  for (int i = 0; i < 500'000; ++i) near += "\r\n--par";
  read_form(field("file", near) + "--part--", 16384);
  std::string parts;
  for (int i = 0; i < 100'000; ++i) parts += "--part\r\n\r\n\r\n";
  read_form(parts + "--part--", 16384);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{5});
}
