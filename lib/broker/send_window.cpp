// SPDX-License-Identifier: Apache-2.0
#include "broker/send_window.h"

#include <algorithm>

namespace iotcard {
namespace {

// The library walks its list of them for each acknowledgement, and buffers at most 100.
constexpr int window = 60;

Delivery delivery_of(const SendWindow::Failure& failure) {
  return failure.disconnected ? Delivery::lost : Delivery::refused;
}

}  // namespace

void SendWindow::set_receive_maximum(int count) {
  const std::lock_guard lock{mutex_};
  state_.limit = static_cast<std::size_t>(std::clamp(count - 1, 1, window));
}

bool SendWindow::publish(Publication publication) {
  const std::int64_t token = publication.token;
  {
    const std::lock_guard lock{mutex_};
    state_.open.insert(token);
    if (state_.sent >= state_.limit || !state_.waiting.empty()) {
      state_.waiting.push_back(std::move(publication));
      return true;
    }
    ++state_.sent;
  }
  const auto failure = send_(std::move(publication));
  if (!failure || !close(token)) return true;
  if (failure->disconnected) return false;
  report_(token, Delivery::refused, failure->reason);
  send_waiting();  // what came behind it found the window full
  return true;
}

// Of a publication that was sent. False: its result has been reported.
bool SendWindow::close(std::int64_t token) {
  const std::lock_guard lock{mutex_};
  // The same token may be under way twice, if it was given up and sent again.
  const auto found = state_.open.find(token);
  if (found == state_.open.end()) return false;
  state_.open.erase(found);
  --state_.sent;
  return true;
}

void SendWindow::finished(std::int64_t token, Delivery delivery, const std::string& reason) {
  if (!close(token)) return;
  report_(token, delivery, reason);
  send_waiting();
}

void SendWindow::send_waiting() {
  for (;;) {
    Publication next;
    {
      const std::lock_guard lock{mutex_};
      if (state_.waiting.empty() || state_.sent >= state_.limit) return;
      next = std::move(state_.waiting.front());
      state_.waiting.pop_front();
      ++state_.sent;
    }
    const std::int64_t token = next.token;
    const auto failure = send_(std::move(next));
    if (!failure) continue;
    if (close(token)) report_(token, delivery_of(*failure), failure->reason);
    return give_back_waiting(*failure);  // none may overtake the one that failed
  }
}

void SendWindow::give_back_waiting(const Failure& failure) {
  std::deque<Publication> given_back;
  {
    const std::lock_guard lock{mutex_};
    given_back.swap(state_.waiting);
    for (const Publication& publication : given_back) {
      state_.open.erase(state_.open.find(publication.token));
    }
  }
  for (const Publication& publication : given_back) {
    report_(publication.token, delivery_of(failure), failure.reason);
  }
}

void SendWindow::lose() {
  State lost;
  {
    const std::lock_guard lock{mutex_};
    lost.limit = state_.limit;
    std::swap(lost, state_);
  }
  for (const std::int64_t token : lost.open) {
    report_(token, Delivery::lost, "the connection broke");
  }
}

}  // namespace iotcard
