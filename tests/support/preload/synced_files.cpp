// SPDX-License-Identifier: Apache-2.0
// Loaded into a program in front of the C library: keeps, of every file and folder below
// $SYNCED_FROM, what was on the disk for certain when fsync() or fdatasync() last returned. In
// $SYNCED_TO: content/KEY is a file as it was last synced, names/KEY a folder's entries as they
// were, "NAME KEY" a line, where KEY stands for the inode, whatever its name. support/power_cut.h
// makes a folder of them again.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using Sync = int (*)(int);

// An inode number is used again; with the time of its birth it is not.
std::string key_of(int folder, const char* name, int flags) {
  struct statx facts {};
  if (statx(folder, name, flags, STATX_INO | STATX_BTIME, &facts) != 0) return {};
  return std::to_string(facts.stx_ino) + "-" + std::to_string(facts.stx_btime.tv_sec) + "." +
         std::to_string(facts.stx_btime.tv_nsec);
}

bool write_all(int file, const char* bytes, ssize_t size) {
  while (size > 0) {
    const ssize_t written = write(file, bytes, static_cast<size_t>(size));
    if (written <= 0) return false;
    bytes += written;
    size -= written;
  }
  return true;
}

bool copy_content(int from, int to) {
  std::array<char, 65536> bytes;
  off_t at = 0;
  for (ssize_t size = 0; (size = pread(from, bytes.data(), bytes.size(), at)) > 0; at += size) {
    if (!write_all(to, bytes.data(), size)) return false;
  }
  return true;
}

bool copy_names(const std::string& path, int to) {
  DIR* const folder = opendir(path.c_str());
  if (folder == nullptr) return false;
  std::string lines;
  while (const dirent* entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    lines += name + " " + key_of(dirfd(folder), entry->d_name, AT_SYMLINK_NOFOLLOW) + "\n";
  }
  closedir(folder);
  return write_all(to, lines.data(), static_cast<ssize_t>(lines.size()));
}

// The copy is taken before the sync and counts after it: what was written meanwhile is not in it.
int sync_and_keep(int file, Sync real) {
  const char* const from = std::getenv("SYNCED_FROM");
  const char* const to = std::getenv("SYNCED_TO");
  std::array<char, 4096> link{};
  const std::string self = "/proc/self/fd/" + std::to_string(file);
  const ssize_t length = readlink(self.c_str(), link.data(), link.size() - 1);
  const std::string path{link.data(), static_cast<size_t>(length > 0 ? length : 0)};
  if (from == nullptr || to == nullptr || path.rfind(from, 0) != 0) return real(file);

  struct stat facts {};
  fstat(file, &facts);
  const bool is_folder = S_ISDIR(facts.st_mode);
  const std::string kept =
      std::string{to} + (is_folder ? "/names/" : "/content/") + key_of(file, "", AT_EMPTY_PATH);
  const std::string draft = std::string{to} + "/draft-" + std::to_string(gettid());
  const int copy = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  // Another descriptor: this one may be open for writing only.
  const int source = open(self.c_str(), O_RDONLY | O_CLOEXEC);
  const bool copied =
      copy >= 0 && source >= 0 && (is_folder ? copy_names(path, copy) : copy_content(source, copy));
  close(source);
  close(copy);
  const int result = real(file);
  if (result == 0 && copied) rename(draft.c_str(), kept.c_str());
  return result;
}

Sync real(const char* name) {
  return reinterpret_cast<Sync>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int fsync(int file) {
  static const Sync next = real("fsync");
  return sync_and_keep(file, next);
}

extern "C" int fdatasync(int file) {
  static const Sync next = real("fdatasync");
  return sync_and_keep(file, next);
}
