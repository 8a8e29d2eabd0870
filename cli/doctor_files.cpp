// SPDX-License-Identifier: Apache-2.0
// doctor: files, folders and the free space on their disks.
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "doctor_checks.h"

namespace iotcard {
namespace {

// Follows links: /var/lib/iotcardd is one while the service has a dynamic user.
FileFacts facts_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) {
    return {.mode = static_cast<unsigned>(status.st_mode),
            .owner = static_cast<unsigned>(status.st_uid)};
  }
  if (errno == ENOENT || errno == ENOTDIR) return {.missing = true};
  return {.problem = std::generic_category().message(errno)};
}

std::string folder_of(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  return (error ? std::filesystem::path{path} : absolute).parent_path().string();
}

FolderFacts folder_facts(const std::string& path, const std::string& file, bool made_by_daemon) {
  return {.folder = facts_of(path),
          .parent = facts_of(folder_of(path)),
          .inside = facts_of(path + "/" + file),
          .inside_name = file,
          .made_by_daemon = made_by_daemon};
}

void check_space(const std::string& path, std::uint64_t needed, Findings& findings) {
  struct statvfs room {};
  if (statvfs(path.c_str(), &room) != 0) return;  // judge_folder() reports it
  findings.push_back(judge_space(path, std::uint64_t{room.f_bavail} * room.f_frsize,
                                 std::uint64_t{room.f_blocks} * room.f_frsize, needed));
}

}  // namespace

void check_files(const Config& config, const std::string& config_path, Findings& findings) {
  if (const FileFacts file = facts_of(config_path); !file.missing) {
    findings.push_back(judge_plain_file("configuration file", config_path, file));
  }
  const auto secret = [&](const std::string& key, const std::string& path) {
    if (!path.empty()) findings.push_back(judge_secret(key, path, facts_of(path)));
  };
  const auto plain = [&](const std::string& key, const std::string& path) {
    if (!path.empty()) findings.push_back(judge_plain_file(key, path, facts_of(path)));
  };
  secret("broker.password_file", config.broker.password_file);
  plain("broker.ca_file", config.broker.ca_file);
  plain("broker.cert_file", config.broker.cert_file);
  secret("broker.key_file", config.broker.key_file);
  secret("api.token_file", config.api.token_file);
  for (const PlatformSettings& platform : config.platforms) {
    for (const auto& [key, value] : platform.values) {
      if (key.ends_with("_file")) secret("platform." + key, value);
    }
  }

  const std::string& intake = config.intake.dir;
  findings.push_back(judge_folder("intake.dir", intake, folder_facts(intake, "lock", true)));
  check_space(facts_of(intake).missing ? folder_of(intake) : intake, config.intake.max_backlog,
              findings);
  constexpr std::string_view sqlite = "sqlite:";
  if (!config.store_url.starts_with(sqlite)) return;
  const std::string file = config.store_url.substr(sqlite.size());
  const std::string folder = folder_of(file);
  const std::string name = std::filesystem::path{file}.filename().string();
  findings.push_back(judge_folder("store folder", folder, folder_facts(folder, name, false)));
  check_space(folder, 0, findings);
}

}  // namespace iotcard
