// SPDX-License-Identifier: Apache-2.0
// temp_dir.h - A folder of one test's own, gone afterwards; if the test fails it stays, and where
// it is gets printed. Make it before all that writes into it. One thread.
#pragma once

#include <string>

namespace iotcard {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Whether an assertion of the running test case has failed already; always false in a program that
// is no test and has not said how to know.
bool test_has_failed();
void ask_for_failure(bool (*failed)());

}  // namespace iotcard
