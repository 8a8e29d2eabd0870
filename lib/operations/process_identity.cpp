// SPDX-License-Identifier: Apache-2.0
#include "operations/process_identity.h"

#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace iotcard {
namespace {

// The clock tick since boot at which a process began: field 22 of proc(5); "" if there is none.
std::string start_of(const std::string& pid) {
  std::ifstream file{"/proc/" + pid + "/stat"};
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');  // a name may hold blanks
  if (name_end == std::string::npos) return {};
  std::istringstream fields{text.substr(name_end + 1)};
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  return field;
}

// The boot of the machine and the container: processes of others have numbers of their own.
std::string this_system() {
  std::ifstream file{"/proc/sys/kernel/random/boot_id"};
  std::string boot;
  std::getline(file, boot);
  std::error_code ignored;
  return boot + ' ' + std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
}

}  // namespace

std::string this_process() {
  const std::string pid = std::to_string(getpid());
  return fmt::format("{} {} {}", this_system(), pid, start_of(pid));
}

bool has_ended(const std::string& process) {
  std::istringstream words{process};
  std::string boot;
  std::string space;
  std::string pid;
  std::string start;
  words >> boot >> space >> pid >> start;
  const std::string here = this_system();
  if (boot != here.substr(0, here.find(' '))) return true;  // the machine has been started since
  return boot + ' ' + space == here && start_of(pid) != start;
}

}  // namespace iotcard
