// SPDX-License-Identifier: Apache-2.0
// Loaded into a program in front of the C library: a system call on a file or folder below
// $FAIL_BELOW fails once if the file $FAIL_ONCE names it: "create", "open-folder", "reserve",
// "append", "sync", "sync-folder" or "truncate". The file is deleted when the call fails.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

int open_file(const char* path, int flags, mode_t mode) {
  static const auto next = real<int (*)(const char*, int, ...)>("open");
  return next(path, flags, mode);
}

// True: the call is to fail, and errno says why.
bool must_fail(const std::string& call, const std::string& path, int error) {
  const char* const below = std::getenv("FAIL_BELOW");
  const char* const once = std::getenv("FAIL_ONCE");
  if (below == nullptr || once == nullptr || path.rfind(below, 0) != 0) return false;
  const int file = open_file(once, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return false;
  std::array<char, 64> name{};
  const ssize_t size = read(file, name.data(), name.size());
  close(file);
  const bool named = size > 0 && call == std::string{name.data(), static_cast<size_t>(size)};
  if (!named || unlink(once) != 0) return false;
  errno = error;
  return true;
}

bool must_fail(const std::string& call, int file, int error) {
  std::array<char, 4096> link{};
  const std::string self = "/proc/self/fd/" + std::to_string(file);
  const ssize_t length = readlink(self.c_str(), link.data(), link.size());
  return must_fail(call, std::string{link.data(), static_cast<size_t>(length > 0 ? length : 0)},
                   error);
}

bool is_folder(int file) {
  struct stat facts {};
  return fstat(file, &facts) == 0 && S_ISDIR(facts.st_mode);
}

}  // namespace

extern "C" int open(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if ((flags & O_CREAT) != 0 && must_fail("create", path, ENFILE)) return -1;
  if ((flags & O_DIRECTORY) != 0 && must_fail("open-folder", path, EMFILE)) return -1;
  return open_file(path, flags, mode);
}

extern "C" int fallocate(int file, int mode, off_t offset, off_t length) {
  static const auto next = real<int (*)(int, int, off_t, off_t)>("fallocate");
  return must_fail("reserve", file, ENOSPC) ? -1 : next(file, mode, offset, length);
}

extern "C" ssize_t writev(int file, const iovec* parts, int count) {
  static const auto next = real<ssize_t (*)(int, const iovec*, int)>("writev");
  return must_fail("append", file, EIO) ? -1 : next(file, parts, count);
}

extern "C" int ftruncate(int file, off_t length) noexcept {
  static const auto next = real<int (*)(int, off_t)>("ftruncate");
  return must_fail("truncate", file, EIO) ? -1 : next(file, length);
}

extern "C" int fsync(int file) {
  static const auto next = real<int (*)(int)>("fsync");
  return is_folder(file) && must_fail("sync-folder", file, EIO) ? -1 : next(file);
}

extern "C" int fdatasync(int file) {
  static const auto next = real<int (*)(int)>("fdatasync");
  return must_fail("sync", file, EIO) ? -1 : next(file);
}
