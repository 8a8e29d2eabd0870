// SPDX-License-Identifier: Apache-2.0
#include "output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace iotcard {
namespace {

// What open() would give a new file.
mode_t usual_mode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

// The folder that a file would be in, if it is not there; "" if it is.
std::string missing_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path{path}.parent_path();
  std::error_code unknown;
  const bool missing = !folder.empty() && !std::filesystem::exists(folder, unknown) && !unknown;
  return missing ? folder.string() : std::string{};
}

}  // namespace

OutputFile::OutputFile(const std::string& path, const NewFile& created) : path_(path) {
  if (standard()) {
    file_ = stdout;
    return;
  }
  std::error_code unknown;
  const std::filesystem::path target = std::filesystem::canonical(path_, unknown);
  if (!unknown) path_ = target.string();  // a link stays, what it points to is replaced
  if (!unknown && !std::filesystem::is_regular_file(target)) {
    file_ = std::fopen(path_.c_str(), "wbe");
    if (file_ == nullptr) fail();
    return;
  }
  open_beside(created);
}

void OutputFile::open_beside(const NewFile& created) {
  std::string name = path_ + ".XXXXXX";
  const int descriptor = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) fail();
  temporary_ = std::move(name);
  struct stat existing {};
  const bool replaces = stat(path_.c_str(), &existing) == 0;
  file_ = fdopen(descriptor, "wb");
  if (file_ == nullptr) fail();
  // Whose file it was, as far as this user may say so.
  [[maybe_unused]] int owned = 0;
  if (replaces) owned = fchown(descriptor, existing.st_uid, existing.st_gid);
  if (!replaces && created.group) {
    owned = fchown(descriptor, static_cast<uid_t>(-1), *created.group);
  }
  const mode_t mode = replaces ? existing.st_mode & 0777 : created.mode.value_or(usual_mode());
  if (fchmod(descriptor, mode) != 0) fail();
}

OutputFile::~OutputFile() {
  if (file_ != nullptr && !standard()) std::fclose(file_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void OutputFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail();
}

void OutputFile::finish() {
  if (std::fflush(file_) != 0) fail();
  if (standard()) return;
  if (!temporary_.empty() && fsync(fileno(file_)) != 0) fail();
  const int closed = std::fclose(std::exchange(file_, nullptr));
  if (closed != 0) fail();
  if (temporary_.empty()) return;
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail();
  temporary_.clear();
}

void OutputFile::fail() const {
  const int error = errno;
  if (!temporary_.empty()) unlink(temporary_.c_str());  // also where the constructor fails
  if (const std::string folder = missing_folder(path_); error == ENOENT && !folder.empty()) {
    throw std::runtime_error{"cannot write " + path_ + ": there is no folder " + folder};
  }
  throw std::runtime_error{"cannot write " + (standard() ? "to standard output" : path_) + ": " +
                           std::generic_category().message(error)};
}

}  // namespace iotcard
