// SPDX-License-Identifier: Apache-2.0
// form_reader.h - Takes the content of the field "file" out of a multipart/form-data body that
// comes in pieces. Each byte is looked at a bounded number of times, whatever the client sends: the
// parser of libmicrohttpd moves its whole buffer once for each header line. The headers of a part
// may have 8 KiB. Pure; one thread. Source: RFC 7578, RFC 2046 (5.1).
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace iotcard {

class FormReader {
 public:
  using Content = std::function<void(std::string_view)>;

  // `content_type` as the header has it. Without a usable boundary, complete() stays false.
  FormReader(std::string_view content_type, Content content);

  void read(std::string_view piece);
  // The last boundary has come, and nothing before it was wrong.
  bool complete() const { return state_ == State::done; }
  int files() const { return files_; }  // how many fields had the name "file"

 private:
  enum class State { preamble, boundary, headers, content, done, wrong };
  bool step();
  bool read_boundary();
  bool read_headers();
  bool read_content();

  std::string delimiter_;  // CR LF -- boundary
  Content content_;
  State state_ = State::preamble;
  std::string buffer_{"\r\n"};  // the first boundary has no line before it
  std::size_t at_ = 0;          // what comes before was read
  std::size_t searched_ = 0;    // bytes of a part's head that have no end of it
  bool in_file_ = false;
  int files_ = 0;
};

// The value of a parameter, such as `name` of `form-data; name="file"`; "" if there is none.
std::string header_parameter(std::string_view header, std::string_view name);

}  // namespace iotcard
