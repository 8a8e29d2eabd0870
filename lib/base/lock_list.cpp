// SPDX-License-Identifier: Apache-2.0
#include "base/lock_list.h"

#include <filesystem>
#include <system_error>

namespace iotcard {

bool lists_all_locks() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/ns/pid", error) == "pid:[4026531836]";
}

}  // namespace iotcard
