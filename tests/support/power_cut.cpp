// SPDX-License-Identifier: Apache-2.0
#include "support/power_cut.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/wait.h"

namespace iotcard {
namespace {

namespace fs = std::filesystem;

// As support/preload/synced_files.cpp makes it.
std::string key_of(const std::string& path) {
  struct statx facts {};
  statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &facts);
  return std::to_string(facts.stx_ino) + "-" + std::to_string(facts.stx_btime.tv_sec) + "." +
         std::to_string(facts.stx_btime.tv_nsec);
}

}  // namespace

PowerCut::PowerCut(std::string folder, std::string notes)
    : folder_(std::move(folder)), notes_(std::move(notes)) {
  fs::create_directories(folder_);
  fs::create_directories(notes_ + "/names");
  fs::create_directories(notes_ + "/content");
}

std::map<std::string, std::string> PowerCut::env() const {
  return {{"LD_PRELOAD", IOTCARD_SYNCED_FILES},
          {"SYNCED_FROM", folder_},
          {"SYNCED_TO", notes_},
          {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
}

void PowerCut::strike() const {
  const std::string key = key_of(folder_);
  for (const auto& entry : fs::directory_iterator{folder_}) fs::remove_all(entry.path());
  rebuild(folder_, key);
}

// What comes back is on the disk, so it is noted again under its new inodes.
void PowerCut::rebuild(const std::string& folder, const std::string& key) const {
  std::ifstream names{notes_ + "/names/" + key};
  std::string noted;
  for (std::string name, entry; names >> name >> entry;) {
    const std::string path = folder + "/" + name;
    if (fs::exists(notes_ + "/names/" + entry)) {
      fs::create_directory(path);
      rebuild(path, entry);
    } else {
      const std::string content = read_file(notes_ + "/content/" + entry);
      write_file(path, content);
      write_file(notes_ + "/content/" + key_of(path), content);
    }
    noted += name + " " + key_of(path) + "\n";
  }
  write_file(notes_ + "/names/" + key_of(folder), noted);
}

}  // namespace iotcard
