// SPDX-License-Identifier: Apache-2.0
#include "api/exchange.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace iotcard {
namespace {

constexpr std::size_t max_buffered = 256 << 10;

}  // namespace

void Exchange::answer(Response&& response, bool streams) noexcept {
  {
    const std::lock_guard lock{mutex_};
    state_.response = std::move(response);
    state_.streams = streams;
    state_.answered = true;
  }
  sender_->notify();
}

bool Exchange::write(std::string_view bytes) {
  std::unique_lock lock{mutex_};
  while (!bytes.empty() && !state_.abandoned) {
    changed_.wait(lock, [&] {
      return state_.abandoned || state_.buffer.size() - state_.sent < max_buffered;
    });
    if (state_.abandoned) break;
    if (state_.sent > 0) {
      state_.buffer.erase(0, std::exchange(state_.sent, 0));
    }
    const std::size_t count = std::min(bytes.size(), max_buffered - state_.buffer.size());
    state_.buffer.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    sender_->notify();
  }
  return !state_.abandoned;
}

void Exchange::finish() noexcept {
  {
    const std::lock_guard lock{mutex_};
    state_.finished = true;
  }
  sender_->notify();
}

void Exchange::fail() noexcept {
  {
    const std::lock_guard lock{mutex_};
    state_.failed = true;
  }
  sender_->notify();
}

bool Exchange::has_news() const {
  const std::lock_guard lock{mutex_};
  if (state_.failed || state_.abandoned) return true;
  if (!state_.taken) return state_.answered;
  return state_.finished || state_.sent < state_.buffer.size();
}

bool Exchange::take(Response& response, bool& streams) {
  const std::lock_guard lock{mutex_};
  if (!state_.answered && state_.failed) throw std::bad_alloc{};
  if (!state_.answered) return false;
  response = std::move(state_.response);
  streams = state_.streams;
  state_.taken = true;
  return true;
}

Exchange::Bytes Exchange::read(char* to, std::size_t max, std::size_t& count) {
  Bytes result = Bytes::some;
  {
    const std::lock_guard lock{mutex_};
    count = std::min(max, state_.buffer.size() - state_.sent);
    std::memcpy(to, state_.buffer.data() + state_.sent, count);
    state_.sent += count;
    if (count == 0) {
      result = state_.failed || state_.abandoned ? Bytes::broken
               : state_.finished                 ? Bytes::end
                                                 : Bytes::none_yet;
    }
  }
  changed_.notify_one();
  return result;
}

void Exchange::abandon() noexcept {
  {
    const std::lock_guard lock{mutex_};
    state_.abandoned = true;
  }
  changed_.notify_one();
}

}  // namespace iotcard
