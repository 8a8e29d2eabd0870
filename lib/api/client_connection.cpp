// SPDX-License-Identifier: Apache-2.0
#include "api/client_connection.h"

#include <fmt/format.h>

#include <algorithm>

namespace iotcard {
namespace {

using std::chrono::seconds;

constexpr seconds head_patience{10};   // for all of a head, from the connection or the last answer
constexpr seconds body_patience{10};   // and its size comes on top
constexpr seconds piece_patience{5};   // for the next bytes of a body
constexpr seconds write_patience{10};  // for an answer, and its size comes on top
constexpr std::uint64_t slowest = 64 << 10;       // bytes a second
constexpr std::uint64_t form_framing = 64 << 10;  // beside an eighth of the body

seconds time_for(std::uint64_t bytes) {
  return seconds{static_cast<std::int64_t>(bytes / slowest)};
}

ApiError too_large(const Admitted& admitted) {
  return ApiError{413, fmt::format("expected a body of at most {} bytes", admitted.most_bytes)};
}

}  // namespace

void ClientConnection::begin_head() {
  stage = Stage::head;
  suspended = false;
  deadline = Clock::now() + head_patience;
  target_at = nullptr;
  target.clear();
  head = {};
  admitted.reset();
  form_.reset();
  close_after = false;
  exchange.reset();
  answer = {};
}

void ClientConnection::begin_body() {
  stage = Stage::body;
  const std::uint64_t most = admitted->most_bytes;
  room_ = admitted->multipart ? most + most / 8 + form_framing : most;
  body_deadline_ = Clock::now() + body_patience + time_for(admitted->length.value_or(room_));
  deadline = std::min(body_deadline_, Clock::now() + piece_patience);
  if (!admitted->multipart) return;
  form_.emplace(admitted->request.head.header("content-type"), [this](std::string_view content) {
    if (admitted->request.body.size() + content.size() > admitted->most_bytes) {
      throw too_large(*admitted);
    }
    admitted->request.body.append(content);
  });
}

void ClientConnection::add_to_body(std::string_view piece) {
  deadline = std::min(body_deadline_, Clock::now() + piece_patience);
  if (piece.size() > room_) throw too_large(*admitted);
  room_ -= piece.size();
  if (form_) {
    form_->read(piece);
  } else {
    admitted->request.body.append(piece);
  }
}

void ClientConnection::finish_body() const {
  if (!form_) return;
  if (!form_->complete()) {
    throw ApiError{400, "the body is not complete, or not what its header says"};
  }
  if (form_->files() != 1) throw ApiError{400, "expected a form with one field \"file\""};
}

void ClientConnection::begin_sending(std::uint64_t bytes) {
  deadline = Clock::now() + write_patience + time_for(bytes);
}

}  // namespace iotcard
