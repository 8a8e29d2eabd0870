// SPDX-License-Identifier: Apache-2.0
#include "api/form_reader.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::size_t max_boundary = 70;  // RFC 2046, 5.1.1
constexpr std::size_t max_part_head = 8 << 10;
constexpr std::size_t max_padding = 256;  // behind a boundary
constexpr std::string_view blanks = " \t";

std::string_view line_value(std::string_view headers, std::string_view name) {
  while (!headers.empty()) {
    const std::size_t end = std::min(headers.find("\r\n"), headers.size());
    const std::string_view line = headers.substr(0, end);
    headers.remove_prefix(std::min(end + 2, headers.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equal_ignoring_case(line.substr(0, colon), name)) {
      return line.substr(colon + 1);
    }
  }
  return {};
}

}  // namespace

std::string header_parameter(std::string_view header, std::string_view name) {
  std::size_t at = header.find(';');
  while (at < header.size()) {
    at = std::min(header.find_first_not_of("; \t", at), header.size());
    const std::size_t equals = header.find_first_of("=;", at);
    if (equals == std::string_view::npos) return {};
    const std::string_view key = header.substr(at, equals - at);
    at = equals;
    if (header[at] == ';') continue;
    std::string value;
    if (++at < header.size() && header[at] == '"') {
      for (++at; at < header.size() && header[at] != '"'; ++at) {
        if (header[at] == '\\' && at + 1 < header.size()) ++at;
        value += header[at];
      }
      at = std::min(header.find(';', at), header.size());
    } else {
      const std::size_t end = std::min(header.find(';', at), header.size());
      value = trim(header.substr(at, end - at));
      at = end;
    }
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

FormReader::FormReader(std::string_view content_type, Content content)
    : delimiter_("\r\n--" + header_parameter(content_type, "boundary")),
      content_(std::move(content)) {
  if (delimiter_.size() == 4 || delimiter_.size() > 4 + max_boundary) state_ = State::wrong;
}

void FormReader::read(std::string_view piece) {
  if (state_ == State::wrong || state_ == State::done) return;
  buffer_.append(piece);
  while (step()) {
  }
  buffer_.erase(0, std::exchange(at_, 0));
}

// False: more bytes are needed, or none.
bool FormReader::step() {
  switch (state_) {
    case State::preamble:
    case State::content:
      return read_content();
    case State::boundary:
      return read_boundary();
    case State::headers:
      return read_headers();
    case State::done:
    case State::wrong:
      return false;
  }
  return false;  // not reached
}

bool FormReader::read_content() {
  const std::size_t end = buffer_.find(delimiter_, at_);
  const bool found = end != std::string::npos;
  // The last bytes may be the beginning of a delimiter.
  const std::size_t kept = delimiter_.size() - 1;
  const std::size_t until =
      found ? end : std::max(at_, buffer_.size() - std::min(kept, buffer_.size()));
  if (in_file_ && until > at_) content_(std::string_view{buffer_}.substr(at_, until - at_));
  at_ = found ? end + delimiter_.size() : until;
  if (found) state_ = State::boundary;
  return found;
}

// After a delimiter: "--" at the end of the form, or blanks and the end of the line.
bool FormReader::read_boundary() {
  const std::string_view rest = std::string_view{buffer_}.substr(at_);
  if (rest.starts_with("--")) {
    state_ = State::done;
    return false;
  }
  const std::size_t end = rest.find_first_not_of(blanks);
  if (end == std::string_view::npos || rest.size() < end + 2) {
    if (rest.size() > max_padding) state_ = State::wrong;
    return false;
  }
  if (rest.substr(end, 2) != "\r\n") {
    state_ = State::wrong;
    return false;
  }
  at_ += end;  // at the line end, so that a part without headers has an empty line too
  state_ = State::headers;
  return true;
}

bool FormReader::read_headers() {
  const std::string_view rest = std::string_view{buffer_}.substr(at_);
  const std::size_t from = searched_ - std::min<std::size_t>(searched_, 3);
  const std::size_t end = rest.substr(0, max_part_head).find("\r\n\r\n", from);
  searched_ = end == std::string_view::npos ? std::min(rest.size(), max_part_head) : 0;
  if (end == std::string_view::npos) {
    if (rest.size() >= max_part_head) state_ = State::wrong;
    return false;
  }
  const std::string_view headers = rest.substr(0, end);
  in_file_ = header_parameter(line_value(headers, "Content-Disposition"), "name") == "file";
  files_ += in_file_ ? 1 : 0;
  at_ += end + 4;
  state_ = State::content;
  return true;
}

}  // namespace iotcard
