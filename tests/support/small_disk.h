// SPDX-License-Identifier: Apache-2.0
// small_disk.h - A file system of a given size in a folder, which can be filled to the last byte,
// emptied, and made read-only. It is seen by this test program and its children only, and gone with
// them. Needs the right to mount: root, or a user namespace. One thread; make it before any other
// thread is there.
#pragma once

#include <cstdint>
#include <string>

namespace iotcard {

class SmallDisk {
 public:
  static bool possible();  // false: nothing here may mount

  SmallDisk(std::string path, std::uint64_t bytes);  // makes the folder
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::uint64_t room() const;          // bytes
  void fill(std::uint64_t leave = 0);  // bytes that stay free
  void empty();                        // takes the filling away
  // Only while no file on it is open for writing.
  void set_read_only(bool read_only);

 private:
  const std::string path_;
};

}  // namespace iotcard
