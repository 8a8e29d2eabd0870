// SPDX-License-Identifier: Apache-2.0
#include "load/usage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/wait.h"

namespace iotcard {

CpuTime cpu_time(pid_t pid) {
  const std::string stat = read_file(fmt::format("/proc/{}/stat", pid));
  const std::size_t name_end = stat.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) {
    throw std::runtime_error(fmt::format("there is no process {}", pid));
  }
  std::istringstream fields{stat.substr(name_end + 1)};
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;  // utime is field 14
  double user = 0;
  double system = 0;
  fields >> user >> system;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return {user / ticks, system / ticks};
}

std::int64_t memory_kib(pid_t pid, const std::string& key) {
  std::ifstream file{fmt::format("/proc/{}/status", pid)};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ":")) return std::stoll(line.substr(key.size() + 1));
  }
  throw std::runtime_error(fmt::format("there is no process {}", pid));
}

bool has_mapped(pid_t pid, const std::string& folder) {
  return read_file(fmt::format("/proc/{}/maps", pid)).find(folder + "/") != std::string::npos;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double percentile(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

}  // namespace iotcard
