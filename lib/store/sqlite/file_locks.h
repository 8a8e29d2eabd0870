// SPDX-License-Identifier: Apache-2.0
// file_locks.h - The POSIX locks that processes hold on a file, as the kernel lists them. The file
// is not opened: closing it would end this process's own locks. Any thread. Source: proc(5),
// /proc/locks. Locks of processes of other PID namespaces may be missing: lists_all_locks().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace iotcard::sqlite {

struct FileLock {
  std::int64_t pid = 0;
  std::int64_t first_byte = 0;
};
// Empty also if the file or the list cannot be read.
std::vector<FileLock> locks_on(const std::string& path);

}  // namespace iotcard::sqlite
