// SPDX-License-Identifier: Apache-2.0
// output_file.h - A file that a verb writes for the operator. The main thread only.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

// A file that is replaced whole or not at all: it is written under another name and renamed when it
// is finished. "-" is standard output; what is no regular file, such as a pipe, is written to
// directly. Throws std::runtime_error that names the file.
class OutputFile {
 public:
  // Of a file that does not exist yet; by default what open() would give it.
  struct NewFile {
    std::optional<mode_t> mode{};
    std::optional<gid_t> group{};
  };
  explicit OutputFile(const std::string& path) : OutputFile(path, NewFile{}) {}
  OutputFile(const std::string& path, const NewFile& created);
  ~OutputFile();  // without finish(), deletes what was written
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  bool standard() const { return path_ == "-"; }
  void write(std::string_view text);
  void finish();  // writes to the disk and renames

 private:
  [[noreturn]] void fail() const;  // by errno
  void open_beside(const NewFile& created);

  std::string path_;
  std::string temporary_;  // "": written to directly
  std::FILE* file_ = nullptr;
};

}  // namespace iotcard
