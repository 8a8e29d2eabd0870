// SPDX-License-Identifier: Apache-2.0
#include "ingest/segment_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <system_error>

#include "base/lock_list.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::string_view suffix = ".journal";

std::string error_text(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void fail(const std::string& path, std::string_view what, int error) {
  const char* advice =
      "; check that the file system is mounted read-write and the folder belongs to the daemon's "
      "account";
  if (error == ENOSPC || error == EDQUOT) advice = "; make room on that file system";
  if (error == EFBIG) advice = "; raise the limit on the size of files (LimitFSIZE=, ulimit -f)";
  if (error == EMFILE || error == ENFILE) advice = "; raise the limit on open files (LimitNOFILE=)";
  throw JournalError(fmt::format("{}: cannot {}: {}{}", path, what, error_text(error), advice));
}

void sync_dir(const std::string& dir) {
  const FileDescriptor fd{open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (fd.get() < 0 || fsync(fd.get()) != 0) fail(dir, "write the folder to the disk", errno);
}

int create_segment(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) fail(path, "create", errno);
  return fd;
}

// False: the file system cannot.
bool reserve_bytes(int fd, const std::string& path, std::uint64_t bytes) {
  if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0) return true;
  if (errno != EOPNOTSUPP) fail(path, fmt::format("reserve {} bytes", bytes), errno);
  return false;
}

void make_journal_dir(const std::string& dir) {
  if (mkdir(dir.c_str(), 0750) == 0) {
    // The name of the folder must be on the disk, or a power cut loses all files in it.
    sync_dir(dir + "/..");
  } else if (errno != EEXIST) {
    fail(dir, "create the intake folder", errno);
  }
}

}  // namespace

std::string segment_path(const std::string& dir, std::uint64_t segment) {
  return fmt::format("{}/{:012}{}", dir, segment, suffix);
}

std::vector<std::uint64_t> list_segments(const std::string& dir) {
  std::vector<std::uint64_t> segments;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(suffix)) continue;
    const auto number = parse_integer<std::uint64_t>(name.substr(0, name.size() - suffix.size()));
    if (number) segments.push_back(*number);
  }
  if (error) fail(dir, "list", error.value());
  std::sort(segments.begin(), segments.end());
  return segments;
}

std::uint64_t segment_size(const std::string& dir, std::uint64_t segment) {
  struct stat facts {};
  const std::string path = segment_path(dir, segment);
  if (stat(path.c_str(), &facts) == 0) return static_cast<std::uint64_t>(facts.st_size);
  if (errno != ENOENT) fail(path, "read the size", errno);
  return 0;
}

std::uint64_t bytes_behind(const std::string& dir, const JournalPosition& position) {
  std::uint64_t bytes = 0;
  for (const std::uint64_t segment : list_segments(dir)) {
    if (segment < position.segment) continue;
    const std::uint64_t size = segment_size(dir, segment);
    bytes += segment == position.segment ? size - std::min(size, position.offset) : size;
  }
  return bytes;
}

std::string disk_trouble(const std::string& dir, std::uint64_t bytes) {
  struct statvfs facts {};
  if (statvfs(dir.c_str(), &facts) != 0) {
    return fmt::format("{}: cannot read the state of its file system: {}", dir, error_text(errno));
  }
  if ((facts.f_flag & ST_RDONLY) != 0) {
    return fmt::format(
        "{}: the file system is read-only; see the system's log for errors of its "
        "disk, and mount it read-write",
        dir);
  }
  const std::uint64_t room = std::uint64_t{facts.f_bavail} * facts.f_frsize;
  if (room >= bytes) return {};
  return fmt::format("{}: {} bytes are free, {} are needed; make room on that file system", dir,
                     room, bytes);
}

std::optional<bool> is_locked(const std::string& dir) {
  struct stat facts {};
  std::ifstream locks{"/proc/locks"};
  if (stat((dir + "/lock").c_str(), &facts) != 0 || !locks) return std::nullopt;
  const std::string file =
      fmt::format(" {:02x}:{:02x}:{} ", major(facts.st_dev), minor(facts.st_dev), facts.st_ino);
  for (std::string line; std::getline(locks, line);) {
    if (line.find(file) != std::string::npos) return true;
  }
  return lists_all_locks() ? std::optional{false} : std::nullopt;
}

int lock_folder(const std::string& dir) {
  make_journal_dir(dir);
  const std::string path = dir + "/lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) fail(path, "open", errno);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    close(fd);
    if (error != EWOULDBLOCK) fail(path, "lock", error);
    throw JournalError(fmt::format(
        "{}: another iotcardd uses this intake folder; give each daemon its own intake.dir", path));
  }
  return fd;
}

void claim_folder(const std::string& dir, const std::string& client_id) {
  const std::string path = dir + "/client_id";
  std::string owner;
  if (std::ifstream file{path}; std::getline(file, owner)) {
    if (owner == client_id) return;
    if (!is_mqtt_text(owner)) {
      throw JournalError(fmt::format(
          "{}: this file is damaged: it should hold one line, the broker.client_id whose reports "
          "are in this intake folder, and begins \"{}\"; if they are those of \"{}\", remove the "
          "file and start again",
          path, escape_controls(clip_utf8(replace_invalid_utf8(owner), 64)), client_id));
    }
    throw IntakeMismatch(fmt::format(
        "{}: this intake folder has reports of broker.client_id \"{}\", not \"{}\"; start with "
        "that id until they are applied, or name another intake.dir",
        path, escape_controls(owner), client_id));
  }
  std::ofstream file{path};
  file << client_id << '\n';
  if (!file.flush()) fail(path, "write", errno);
}

SegmentFile::SegmentFile(const std::string& dir, std::uint64_t segment, std::uint64_t reserve)
    : path_(segment_path(dir, segment)), number_(segment), fd_(create_segment(path_)) {
  try {
    reserved_ = reserve_bytes(fd_.get(), path_, reserve);
    sync_dir(dir);
  } catch (const JournalError&) {
    unlink(path_.c_str());  // if this fails too, the next attempt uses the empty file
    throw;
  }
}

void SegmentFile::append(std::span<const iovec> parts) {
  const std::size_t total =
      std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                      [](std::size_t sum, const iovec& part) { return sum + part.iov_len; });
  ssize_t written = 0;
  do {
    written = writev(fd_.get(), parts.data(), static_cast<int>(parts.size()));
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(total)) {
    size_ += total;
    return;
  }
  // After a short write the next one says why there is no room for the rest.
  int error = written < 0 ? errno : ENOSPC;
  if (written >= 0) {
    const ssize_t more = write(fd_.get(), "", 1);
    if (more < 0) error = errno;
    if (more > 0) written += more;
  }
  // Delete the part that was written, so that the next record begins there. If that fails, the
  // reader skips the part, since its checksum is wrong.
  if (ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0 && written > 0)
    size_ += static_cast<std::uint64_t>(written);
  fail(path_, "append a report", error);
}

void SegmentFile::sync() {
  if (fdatasync(fd_.get()) != 0) fail(path_, "write to the disk", errno);
}

void SegmentFile::finish() {
  // A failure costs disk space until the segment is deleted, nothing else.
  [[maybe_unused]] const int ignored = ftruncate(fd_.get(), static_cast<off_t>(size_));
}

}  // namespace iotcard
