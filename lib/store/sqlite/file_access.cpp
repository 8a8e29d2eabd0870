// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/file_access.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/file_descriptor.h"

namespace iotcard::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr mode_t store_mode = S_IRUSR | S_IWUSR | S_IRGRP;
constexpr std::size_t name_bytes = 4096;  // for an entry of the user or group database

std::string user_name(uid_t id) {
  std::array<char, name_bytes> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->pw_name : std::to_string(id);
}

std::string group_name(gid_t id) {
  std::array<char, name_bytes> buffer{};
  group entry{};
  group* found = nullptr;
  getgrgid_r(id, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->gr_name : std::to_string(id);
}

fs::path folder_of(const std::string& path) {
  std::error_code ignored;
  return fs::absolute(path, ignored).parent_path();
}

// Of the file, or of the nearest folder above it that can be looked at.
std::optional<struct stat> status_of(fs::path path) {
  struct stat status {};
  while (stat(path.c_str(), &status) != 0) {
    if (path == path.parent_path()) return std::nullopt;
    path = path.parent_path();
  }
  return status;
}

std::string who_may(const std::optional<struct stat>& status, mode_t group_bit,
                    std::string_view what) {
  std::vector<std::string> names{"Root"};
  if (status && status->st_uid != 0) names.push_back("the user " + user_name(status->st_uid));
  if (status && (status->st_mode & group_bit) != 0) {
    names.push_back("members of the group " + group_name(status->st_gid));
  }
  std::string text = names[0];
  for (std::size_t i = 1; i < names.size(); ++i) {
    text += (i + 1 == names.size() ? " and " : ", ") + names[i];
  }
  return fmt::format("{} may {} it", text, what);
}

}  // namespace

void make_store_file(const std::string& path) {
  const FileDescriptor file{open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, store_mode)};
  if (file.get() < 0 || geteuid() != 0) return;
  struct stat folder {};
  if (stat(folder_of(path).c_str(), &folder) != 0 || folder.st_uid == 0) return;
  [[maybe_unused]] const int changed = fchown(file.get(), folder.st_uid, folder.st_gid);
}

bool is_unreadable(const std::string& path) {
  return access(path.c_str(), R_OK) != 0 && errno == EACCES;
}

bool is_on_read_only_disk(const std::string& path) {
  return access(path.c_str(), W_OK) != 0 && errno == EROFS;
}

std::string who_may_read(const std::string& path) {
  return who_may(status_of(path), S_IRGRP, "read");
}

std::string who_may_write(const std::string& path) {
  const auto file = status_of(path);
  const auto folder = status_of(folder_of(path));
  const bool group = file && folder && (folder->st_mode & S_IWGRP) != 0;
  return who_may(file, group ? S_IWGRP : 0, "write");
}

}  // namespace iotcard::sqlite
