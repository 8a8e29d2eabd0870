// SPDX-License-Identifier: Apache-2.0
#include "config_check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>

#include "api/server_certificate.h"
#include "api/tokens.h"
#include "base/small_file.h"
#include "base/text.h"
#include "broker/tls_files.h"
#include "operations/doctor/installation.h"
#include "platform/platform_setup.h"
#include "webhook/webhook_key.h"

namespace iotcard {
namespace {

// Whether systemd hands the file over to the service, so that only the service can tell whether it
// is there: see section_reader.cpp. A reload's control process has the variable, but with systemd
// 252 not the folder.
bool out_of_sight(const std::string& path) {
  const char* const variable = std::getenv("CREDENTIALS_DIRECTORY");
  if (variable != nullptr && *variable != '\0') {
    return path.starts_with(std::string{variable} + "/") && access(variable, X_OK) != 0;
  }
  return path.starts_with("/etc/credstore/") && access(path.c_str(), R_OK) != 0;
}

class FileCheck {
 public:
  explicit FileCheck(std::string config_path) : config_path_(std::move(config_path)) {}

  using Check = std::function<std::optional<std::string>()>;
  // `check` returns what is wrong, naming the file. Files that cannot be seen are not checked.
  void operator()(const std::string& key, const std::vector<std::string>& files,
                  const Check& check) {
    for (const std::string& file : files) {
      if (!out_of_sight(file)) continue;
      not_checked_.push_back(fmt::format(
          "not checked: {}: {} is a credential that only the service can read", key, file));
      return;
    }
    if (const auto problem = check()) {
      mistakes_.push_back(fmt::format("{}: {}: {}", config_path_, key, *problem));
    }
  }
  void add_mistakes(const std::string& lines) { mistakes_.push_back(lines); }

  std::vector<std::string> finish() {
    if (!mistakes_.empty()) throw ConfigError{join(mistakes_, "\n")};
    return std::move(not_checked_);
  }

 private:
  const std::string config_path_;
  std::vector<std::string> mistakes_;
  std::vector<std::string> not_checked_;
};

void check_authorities(const std::string& key, const std::string& file, FileCheck& check) {
  if (!file.empty()) check(key, {file}, [&] { return tls_files_problem({.ca = file}); });
}

void check_broker(const BrokerSettings& broker, FileCheck& check) {
  if (!broker.password_file.empty()) {
    check("broker.password_file", {broker.password_file}, [&]() -> std::optional<std::string> {
      const auto file = read_small_file(broker.password_file);
      const auto* problem = std::get_if<Problem>(&file);
      if (problem != nullptr) return broker.password_file + ": " + problem->text;
      if (std::get<SmallFile>(file).text.empty()) return broker.password_file + ": it is empty";
      return std::nullopt;
    });
  }
  if (!broker.url.starts_with("mqtts://")) return;  // the others are not read
  check_authorities("broker.ca_file", broker.ca_file, check);
  check("broker.cert_file", {broker.cert_file},
        [&] { return tls_files_problem({.cert = broker.cert_file}); });
  if (broker.key_file.empty()) return;
  check("broker.key_file", {broker.cert_file, broker.key_file},
        [&]() -> std::optional<std::string> {
          if (tls_files_problem({.cert = broker.cert_file})) return std::nullopt;  // said above
          return tls_files_problem({.cert = broker.cert_file, .key = broker.key_file});
        });
}

void check_tokens(const ApiConfig& api, FileCheck& check) {
  if (api.listen.empty() || api.token_file.empty()) return;
  check("api.token_file", {api.token_file}, [&]() -> std::optional<std::string> {
    try {
      Tokens::load(api.token_file);
      return std::nullopt;
    } catch (const TokenError& error) {
      return error.what();
    }
  });
}

void check_certificate(const ApiConfig& api, FileCheck& check) {
  if (api.listen.empty() || api.cert_file.empty()) return;
  check("api.cert_file", {api.cert_file, api.key_file}, [&]() -> std::optional<std::string> {
    try {
      ServerCertificate::load(api.cert_file, api.key_file);
    } catch (const CertificateError& error) {
      check.add_mistakes(error.what());  // it names key and file
    }
    return std::nullopt;
  });
}

void check_platform(const PlatformSettings& settings, const std::vector<std::string>& folders,
                    FileCheck& check) {
  const std::string mistakes = platform_mistakes(settings, folders);
  if (!mistakes.empty()) return check.add_mistakes(mistakes);
  const std::string key = fmt::format("platform {}", settings.id);
  check_authorities(key + ": ca_file", settings.ca_file, check);
  if (settings.profile.empty()) return;
  std::vector<std::string> secrets;
  for (const auto& [name, value] : settings.values) {
    if (name.ends_with("_file")) secrets.push_back(value);
  }
  check(key, secrets, [&]() -> std::optional<std::string> {
    try {
      open_platform(settings, folders);
      return std::nullopt;
    } catch (const ProfileError& error) {
      check.add_mistakes(error.what());  // they name file, line and key
      return std::nullopt;
    }
  });
}

void check_webhook(const WebhookSettings& settings, FileCheck& check) {
  const std::string key = fmt::format("webhook {}", settings.name);
  check_authorities(key + ": ca_file", settings.ca_file, check);
  check(key + ": secret_file", {settings.secret_file}, [&]() -> std::optional<std::string> {
    const auto read = read_webhook_key(settings.secret_file);
    const auto* problem = std::get_if<Problem>(&read);
    return problem != nullptr ? std::optional{settings.secret_file + ": " + problem->text}
                              : std::nullopt;
  });
}

// What no other start would mend.
std::optional<std::string> store_problem(const Config& config) {
  const std::string file = file_of_store(config.store_url);
  std::error_code ignored;
  if (!std::filesystem::is_directory(file, ignored)) return std::nullopt;
  return file + " is a folder; name a file in it";
}

}  // namespace

std::vector<std::string> check_named_files(const Config& config, const std::string& path) {
  FileCheck check{path};
  check_broker(config.broker, check);
  check_tokens(config.api, check);
  check_certificate(config.api, check);
  for (const PlatformSettings& settings : config.platforms) {
    check_platform(settings, config.refresh.profiles, check);
  }
  for (const WebhookSettings& settings : config.webhooks) check_webhook(settings, check);
  check("store.url", {}, [&] { return store_problem(config); });
  return check.finish();
}

void check_store_place(const Config& config, const std::string& path) {
  FileCheck check{path};
  check("store.url", {}, [&] { return store_problem(config); });
  check.finish();
}

}  // namespace iotcard
