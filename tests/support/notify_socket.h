// SPDX-License-Identifier: Apache-2.0
// notify_socket.h - What a service tells systemd: the socket of sd_notify(3), in a test's folder.
// Its own thread reads; all functions may be called from any.
#pragma once

#include <mutex>
#include <string>
#include <thread>

#include "support/temp_dir.h"

namespace iotcard {

class NotifySocket {
 public:
  explicit NotifySocket(const TempDir& dir);
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  const std::string& path() const { return path_; }  // for NOTIFY_SOCKET
  std::string status() const;                        // the last STATUS=
  bool wait_for_status(const std::string& part) const;

 private:
  void receive();

  const std::string path_;
  int socket_ = -1;
  mutable std::mutex mutex_;
  std::string status_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace iotcard
