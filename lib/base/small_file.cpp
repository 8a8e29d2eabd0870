// SPDX-License-Identifier: Apache-2.0
#include "base/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/file_descriptor.h"

namespace iotcard {
namespace {

Problem last_error() {
  return {std::generic_category().message(errno)};
}

}  // namespace

std::variant<SmallFile, Problem> read_small_file(const std::string& path, std::size_t max_bytes) {
  // O_NONBLOCK: opening a FIFO without a writer returns at once.
  const FileDescriptor file{open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  struct stat status {};
  if (file.get() < 0 && errno != ENXIO) return last_error();  // ENXIO: a socket
  if (file.get() >= 0 && fstat(file.get(), &status) != 0) return last_error();
  if (!S_ISREG(status.st_mode)) {
    return Problem{S_ISDIR(status.st_mode) ? "a folder; expected a regular file"
                                           : "a FIFO, socket or device; expected a regular file"};
  }
  SmallFile content{std::string(max_bytes + 1, '\0'), status.st_mode};
  std::size_t size = 0;
  while (size <= max_bytes) {
    const ssize_t count = read(file.get(), content.text.data() + size, max_bytes + 1 - size);
    if (count < 0) return last_error();
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > max_bytes) {
    return Problem{"expected at most " + std::to_string(max_bytes) + " bytes"};
  }
  content.text.resize(size);
  return content;
}

}  // namespace iotcard
