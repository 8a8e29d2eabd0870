// SPDX-License-Identifier: Apache-2.0
// file_descriptor.h - Closes a file or a socket at its end. One thread at a time.
#pragma once

#include <unistd.h>

namespace iotcard {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}  // negative: none
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace iotcard
