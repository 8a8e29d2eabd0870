// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/import_locks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "store/transactional.h"

namespace iotcard::sqlite {
namespace {

// Whoever may write the store may lock, so a new file gets the owner and the mode of the store:
// root's iotcardctl makes it for the service's user, too.
int open_lock_file(const std::string& path, const std::string& store) {
  const int made = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) {
    return errno == EEXIST ? open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
  }
  struct stat of_store {};
  if (stat(store.c_str(), &of_store) != 0) return made;
  // Where this fails, for lack of a right, the file is the caller's alone.
  [[maybe_unused]] bool done =
      geteuid() != 0 || fchown(made, of_store.st_uid, of_store.st_gid) == 0;
  done = fchmod(made, of_store.st_mode & 0666) == 0;
  return made;
}

StoreError failure(const std::string& path) {
  return {StoreError::Kind::unavailable,
          fmt::format("cannot lock {}: {}. See that this user may write the file and its folder",
                      path, std::generic_category().message(errno))};
}

}  // namespace

ImportLocks::~ImportLocks() {
  for (const auto& [import, file] : files_) close(file);
}

bool ImportLocks::acquire(std::int64_t import) {
  if (store_.empty() || files_.contains(import)) return true;
  const std::string path = store_ + ".imports";
  const int file = open_lock_file(path, store_);
  if (file < 0) throw failure(path);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = import;
  lock.l_len = 1;
  if (fcntl(file, F_OFD_SETLK, &lock) == 0) {
    files_.emplace(import, file);
    return true;
  }
  const bool held = errno == EAGAIN || errno == EACCES;
  const StoreError problem = failure(path);
  close(file);
  if (!held) throw problem;
  return false;
}

void ImportLocks::release(std::int64_t import) noexcept {
  const auto found = files_.find(import);
  if (found == files_.end()) return;
  close(found->second);
  files_.erase(found);
}

}  // namespace iotcard::sqlite
