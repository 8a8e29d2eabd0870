// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/file_locks.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace iotcard::sqlite {

// "1: POSIX  ADVISORY  READ 4711 fe:01:131 128 128"; a process that waits has "->" before POSIX.
std::vector<FileLock> locks_on(const std::string& path) {
  std::vector<FileLock> found;
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return found;
  std::ifstream locks{"/proc/locks"};
  for (std::string line; std::getline(locks, line);) {
    if (line.find("->") != std::string::npos) continue;
    std::istringstream words{line.substr(std::min(line.find("POSIX"), line.size()))};
    std::string kind;
    std::string mode;
    std::string access;
    std::string name;
    FileLock lock;
    words >> kind >> mode >> access >> lock.pid >> name >> lock.first_byte;
    const std::size_t colon = name.rfind(':');
    if (!words || colon == std::string::npos) continue;
    if (name.substr(colon + 1) == std::to_string(file.st_ino)) found.push_back(lock);
  }
  return found;
}

}  // namespace iotcard::sqlite
