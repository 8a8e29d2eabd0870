// SPDX-License-Identifier: Apache-2.0
// session_record.h - A Session and everything that its handlers were told, for the tests of it.
// Stops the session when it ends. One thread, besides the session's own.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "broker/session.h"
#include "support/mqtt_probe.h"

namespace iotcard {

class SessionRecord {
 public:
  struct Published {
    bool ok;
    std::string reason;
  };

  // `on_message` is called besides, on the session's thread.
  explicit SessionRecord(SessionOptions options,
                         std::function<void(const Message&)> on_message = {});
  ~SessionRecord();

  Session& session() { return *session_; }
  void start() { session_->start(); }
  void stop() { session_->stop(std::chrono::seconds{3}); }
  void destroy() { session_.reset(); }  // without a farewell

  // Each waits for it, and throws with what was told instead.
  void wait_connected(std::size_t times = 1);
  void wait_messages(std::size_t count);
  std::string wait_reason(const std::string& part);  // of a disconnection; returns all of it
  Published wait_published(std::int64_t token);

  std::vector<ConnectionFacts> connected() const;
  std::vector<std::string> reasons() const;
  std::vector<ProbeMessage> messages() const;
  std::size_t published() const;  // how many times on_published was called

 private:
  void wait(const std::string& what, const std::function<bool()>& predicate);

  mutable std::mutex mutex_;
  std::vector<ConnectionFacts> connected_;  // guarded by mutex_, as all that follows
  std::vector<std::string> reasons_;
  std::vector<ProbeMessage> messages_;
  std::map<std::int64_t, Published> published_;
  std::size_t published_calls_ = 0;
  std::unique_ptr<Session> session_;
};

// The options that the tests begin with: quick to try again.
SessionOptions test_session(const std::string& url);

}  // namespace iotcard
