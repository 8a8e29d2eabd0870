// SPDX-License-Identifier: Apache-2.0
// exchange.h - What the thread that answers a request hands to the thread that sends: the response,
// and the bytes of a stream through a bounded buffer, whose writer waits while it is full. Knows no
// HTTP library. One thread writes (answer, write, finish, fail), one sends (the rest).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "api/response.h"
#include "api/waker.h"

namespace iotcard {

class Exchange {
 public:
  explicit Exchange(std::shared_ptr<Waker> sender) : sender_(std::move(sender)) {}

  // `streams`: write() and finish() follow.
  void answer(Response&& response, bool streams) noexcept;
  // False: the client is gone or too slow, and nothing more is wanted.
  bool write(std::string_view bytes);
  void finish() noexcept;  // the stream is complete
  void fail() noexcept;    // no response, or the stream breaks off

  // Whether there is something new for a sender that waits.
  bool has_news() const;
  // The response; false: there is none yet. Throws std::bad_alloc if the writer failed.
  bool take(Response& response, bool& streams);
  enum class Bytes { some, none_yet, end, broken };
  Bytes read(char* to, std::size_t max, std::size_t& count);
  void abandon() noexcept;  // nobody reads any more

 private:
  struct State {
    Response response{};
    bool answered = false;
    bool streams = false;
    bool taken = false;
    bool finished = false;
    bool failed = false;
    bool abandoned = false;
    std::string buffer{};
    std::size_t sent = 0;  // of the buffer
  };
  std::shared_ptr<Waker> sender_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_;  // guarded by mutex_
};

}  // namespace iotcard
