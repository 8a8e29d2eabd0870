// SPDX-License-Identifier: Apache-2.0
// Files and folders. The account of the daemon may exist only while it runs (DynamicUser=), so it
// is known by what it owns; what is not known is no failure.
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/byte_size.h"
#include "operations/doctor/doctor.h"

namespace iotcard {
namespace {

constexpr std::uint64_t min_to_start = std::uint64_t{32} << 20;  // two segments of the journal
constexpr std::uint64_t gib = std::uint64_t{1} << 30;
constexpr std::uint64_t min_percent = 5;

Finding unknown(const std::string& key, const std::string& path, const std::string& problem) {
  return {key, Health::skip, fmt::format("{}: {}", path, problem), "run doctor as root to see it"};
}

std::string described(const std::string& path, const FileFacts& file) {
  return fmt::format("{}: mode {:04o}, owner {}", path, file.mode & 07777U, file.owner);
}

}  // namespace

Finding judge_plain_file(const std::string& key, const std::string& path, const FileFacts& file) {
  if (file.missing) {
    return {key, Health::fail, fmt::format("{} does not exist", path),
            fmt::format("put the file there, or correct {}", key)};
  }
  if (!file.problem.empty()) return unknown(key, path, file.problem);
  if ((file.mode & S_IWOTH) != 0) {
    return {key, Health::warn, described(path, file) + ": everybody may change it",
            fmt::format("chmod o-w {}", path)};
  }
  return {key, Health::ok, described(path, file)};
}

Finding judge_secret(const std::string& key, const std::string& path, const FileFacts& file) {
  Finding finding = judge_plain_file(key, path, file);
  if (file.missing || !file.problem.empty()) return finding;
  if ((file.mode & S_IRWXO) != 0) {
    return {key, Health::warn, described(path, file) + ": everybody may read this secret",
            fmt::format("chmod 640 {}, with a group that the daemon's account has", path)};
  }
  return finding;
}

Finding judge_folder(const std::string& key, const std::string& path, const FolderFacts& facts) {
  const FileFacts& folder = facts.folder;
  if (folder.missing && facts.parent.missing) {
    return {key, Health::warn, fmt::format("neither {} nor its parent folder exists", path),
            "the service makes /var/lib/iotcardd when it starts; make any other folder yourself"};
  }
  if (folder.missing && facts.made_by_daemon) {
    return {key, Health::ok, fmt::format("{} will be made by the daemon", path)};
  }
  if (folder.missing) {
    return {key, Health::fail, fmt::format("{} does not exist", path),
            "make it and give it to the daemon's account"};
  }
  if (!folder.problem.empty()) return unknown(key, path, folder.problem);
  if (!S_ISDIR(folder.mode)) {
    return {key, Health::fail, fmt::format("{} is no folder", path),
            fmt::format("correct {}", key)};
  }
  if ((folder.mode & (S_IWUSR | S_IXUSR)) != (S_IWUSR | S_IXUSR)) {
    return {key, Health::fail, described(path, folder) + ": its owner may not write there",
            fmt::format("chmod u+rwx {}", path)};
  }
  const FileFacts& inside = facts.inside;
  const bool known = !inside.missing && inside.problem.empty();
  if (known && inside.owner != folder.owner && (folder.mode & (S_IWGRP | S_IWOTH)) == 0) {
    return {key, Health::warn,
            fmt::format("{}, but {} in it has owner {}", described(path, folder), facts.inside_name,
                        inside.owner),
            fmt::format("was the daemon run by hand? chown -R {} {}", folder.owner, path)};
  }
  if ((folder.mode & S_IWOTH) != 0) {
    return {key, Health::warn, described(path, folder) + ": everybody may write there",
            fmt::format("chmod o-w {}", path)};
  }
  return {key, Health::ok, described(path, folder)};
}

Finding judge_space(const std::string& path, std::uint64_t free, std::uint64_t total,
                    std::uint64_t needed) {
  const auto size = [](std::uint64_t bytes) {
    return printable_byte_size(static_cast<std::int64_t>(bytes));
  };
  const std::uint64_t percent = total == 0 ? 0 : free / (total / 100 + 1);
  Finding finding{"free space", Health::ok,
                  fmt::format("{}: {} free of {}", path, size(free), size(total))};
  const char* const advice = "make room on that file system, or move the folder to another";
  if (free < min_to_start) {
    finding.status = Health::fail;
    finding.advice = advice;
  } else if (free < needed) {
    finding.status = Health::warn;
    finding.finding += fmt::format(", less than intake.max_backlog ({})", size(needed));
    finding.advice = fmt::format("{}; or lower intake.max_backlog", advice);
  } else if (percent < min_percent || free < gib) {
    finding.status = Health::warn;
    finding.advice = advice;
  }
  return finding;
}

}  // namespace iotcard
