// SPDX-License-Identifier: Apache-2.0
// output_file.h - A file that is there whole or not at all: it is written beside its place and
// takes it when it is finished; what stood there stays until then. "-" is standard output, and what
// is no regular file, such as a pipe, is written to directly. Throws std::runtime_error that names
// the file. The main thread only.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace iotcard {

class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();  // without finish(): removes what was written
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  bool standard() const { return path_ == "-"; }
  void write(std::string_view text);
  void finish();  // on the disk, and in its place

 private:
  [[noreturn]] void fail() const;  // by errno
  void open_beside();

  std::string path_;
  std::string temporary_;  // "": written to directly
  std::FILE* file_ = nullptr;
};

}  // namespace iotcard
