// SPDX-License-Identifier: Apache-2.0
#include "support/small_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "support/wait.h"

namespace iotcard {
namespace {

// A mount namespace of this process; without root, inside a user namespace in which it is root.
bool enter_namespace() {
  const uid_t user = getuid();
  const gid_t group = getgid();
  if (unshare(CLONE_NEWNS) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", fmt::format("0 {} 1", user));
    write_file("/proc/self/gid_map", fmt::format("0 {} 1", group));
  }
  return mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

void check_mount(int result, const std::string& path) {
  if (result != 0) throw std::system_error(errno, std::generic_category(), path);
}

}  // namespace

bool SmallDisk::possible() {
  static const bool entered = [] {
    try {
      return enter_namespace();
    } catch (const std::exception&) {
      return false;
    }
  }();
  return entered;
}

SmallDisk::SmallDisk(std::string path, std::uint64_t bytes) : path_(std::move(path)) {
  if (!possible()) throw std::runtime_error("this test may not mount a file system");
  std::filesystem::create_directories(path_);
  check_mount(
      mount("tmpfs", path_.c_str(), "tmpfs", 0, fmt::format("size={},mode=0755", bytes).c_str()),
      path_);
}

SmallDisk::~SmallDisk() {
  umount2(path_.c_str(), MNT_DETACH);
}

std::uint64_t SmallDisk::room() const {
  struct statvfs facts {};
  check_mount(statvfs(path_.c_str(), &facts), path_);
  return std::uint64_t{facts.f_bavail} * facts.f_frsize;
}

void SmallDisk::fill(std::uint64_t leave) {
  const std::string path = file("ballast");
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::uint64_t now = room();
  const int result = now > leave ? posix_fallocate(fd, 0, static_cast<off_t>(now - leave)) : 0;
  close(fd);
  if (result != 0) throw std::system_error(result, std::generic_category(), path);
}

void SmallDisk::empty() {
  std::filesystem::remove(file("ballast"));
}

void SmallDisk::set_read_only(bool read_only) {
  check_mount(
      mount(nullptr, path_.c_str(), nullptr,
            MS_REMOUNT | (read_only ? static_cast<unsigned long>(MS_RDONLY) : 0UL), nullptr),
      path_);
}

}  // namespace iotcard
