// SPDX-License-Identifier: Apache-2.0
#include "api/client_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace iotcard {
namespace {

using std::chrono::seconds;

constexpr seconds head_patience{10};   // for all of a head, from the connection or the last answer
constexpr seconds body_patience{10};   // and its size comes on top
constexpr seconds piece_patience{5};   // for the next bytes of a body
constexpr seconds write_patience{10};  // for an answer, and its size comes on top
constexpr std::uint64_t slowest = 64 << 10;       // bytes a second
constexpr std::uint64_t form_framing = 64 << 10;  // beside an eighth of the body

std::chrono::milliseconds time_for(std::uint64_t bytes) {
  return std::chrono::milliseconds{bytes * 1000 / slowest};
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
  paused_at_ = {};
  deadline = sending_until_ = Clock::now() + write_patience + time_for(bytes);
}

void ClientConnection::send_block(std::uint64_t bytes) {
  const auto now = Clock::now();
  if (paused_at_ != Clock::time_point{}) sending_until_ += now - std::exchange(paused_at_, {});
  sending_until_ += time_for(bytes);
  // Events have no end, so what a reader takes for one of them must not add up.
  if (answer.content_type == "text/event-stream") sending_until_ = now + write_patience;
  deadline = sending_until_;
}

void ClientConnection::pause_sending() {
  paused_at_ = Clock::now();
  wait_without_limit();
}

}  // namespace iotcard
