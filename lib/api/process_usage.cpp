// SPDX-License-Identifier: Apache-2.0
#include "api/process_usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.h"
#include "base/text.h"

namespace iotcard {
namespace {

// Places in /proc/self/stat, counted from the state, which is behind the name of the program: the
// name may have blanks and parentheses.
constexpr std::size_t threads_at = 17;
constexpr std::size_t virtual_bytes_at = 20;
constexpr std::size_t resident_pages_at = 21;

std::vector<std::string_view> fields_of_stat(std::string_view text) {
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return {};
  text.remove_prefix(name_end + 1);
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return fields;
    text.remove_prefix(begin);
    fields.push_back(text.substr(0, text.find_first_of(" \n")));
    text.remove_prefix(fields.back().size());
  }
}

std::string stat_of_this_process() {
  std::array<char, 2048> text{};
  const FileDescriptor file{open("/proc/self/stat", O_RDONLY | O_CLOEXEC)};
  const ssize_t count = file.get() < 0 ? -1 : read(file.get(), text.data(), text.size());
  return count < 0 ? std::string{} : std::string{text.data(), static_cast<std::size_t>(count)};
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::optional<std::uint64_t> count_open_files() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder{opendir("/proc/self/fd"), &closedir};
  if (!folder) return std::nullopt;
  std::uint64_t count = 0;
  while (const dirent* const entry = readdir(folder.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count - 1;  // the folder itself
}

}  // namespace

ProcessUsage read_process_usage() {
  ProcessUsage usage;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  usage.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  const std::string stat = stat_of_this_process();
  const std::vector<std::string_view> fields = fields_of_stat(stat);
  if (fields.size() > resident_pages_at) {
    usage.threads = parse_integer<std::uint64_t>(fields[threads_at]);
    const auto bytes = parse_integer<std::uint64_t>(fields[virtual_bytes_at]);
    const auto pages = parse_integer<std::uint64_t>(fields[resident_pages_at]);
    const long page = sysconf(_SC_PAGESIZE);
    if (bytes && pages && page > 0) {
      usage.memory = {*pages * static_cast<std::uint64_t>(page), *bytes};
    }
  }
  usage.open_files = count_open_files();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    usage.max_files = limit.rlim_cur;
  }
  return usage;
}

}  // namespace iotcard
