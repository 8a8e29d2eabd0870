// SPDX-License-Identifier: Apache-2.0
#include "support/temp_dir.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <system_error>

namespace iotcard {
namespace {

bool (*asked)() = [] { return false; };

}  // namespace

bool test_has_failed() {
  return asked() || std::uncaught_exceptions() > 0;
}

void ask_for_failure(bool (*failed)()) {
  asked = failed;
}

TempDir::TempDir() {
  path_ = (std::filesystem::temp_directory_path() / "iotcard-test-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), path_);
  }
}

TempDir::~TempDir() {
  if (test_has_failed()) {
    std::fprintf(stderr, "The test's files are kept in %s\n", path_.c_str());
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace iotcard
