// SPDX-License-Identifier: Apache-2.0
#include "support/other_brokers.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace iotcard {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds start_patience{60};
constexpr std::chrono::seconds install_patience{180};
constexpr int cannot_be_installed = 77;

std::vector<fs::path> library_folders() {
  std::vector<fs::path> folders;
  if (const char* const listed = std::getenv("ERL_LIBS")) {
    std::istringstream names{listed};
    for (std::string name; std::getline(names, name, ':');) folders.emplace_back(name);
  }
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{"/usr/lib", ignored}) {
    if (entry.path().filename().string().find("-linux-") != std::string::npos) {
      folders.push_back(entry.path());
    }
  }
  return folders;
}

// Where the folder ejabberd-VERSION is; "" if nowhere.
std::string ejabberd_libraries() {
  for (const fs::path& folder : library_folders()) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{folder, ignored}) {
      if (entry.path().filename().string().starts_with("ejabberd-") &&
          fs::exists(entry.path() / "ebin" / "ejabberd.app")) {
        return folder.string();
      }
    }
  }
  return {};
}

}  // namespace

bool Ejabberd::installed() {
  return !ejabberd_libraries().empty();
}

Ejabberd::Ejabberd(const TempDir& dir) : port_(free_port()) {
  const std::string home = dir.file("ejabberd");
  fs::create_directory(home);
  write_file(home + "/ejabberd.yml",
             fmt::format("hosts: [localhost]\n"
                         "listen:\n"
                         "  - {{port: {}, ip: \"127.0.0.1\", module: mod_mqtt}}\n"
                         "auth_method: anonymous\n"
                         "anonymous_protocol: login_anon\n"
                         "allow_multiple_connections: true\n"
                         "modules:\n"
                         "  mod_mqtt: {{}}\n",
                         port_));
  const char* const listed = std::getenv("ERL_LIBS");
  process_ = std::make_unique<Process>(Process::Options{
      // Without a name it is no node, and needs no port mapper.
      .command = {"erl", "-noinput", "-mnesia", "dir", '"' + home + "/spool\"", "-s", "ejabberd"},
      .output = home + "/server",
      .env = {{"HOME", home},
              {"ERL_LIBS",
               (listed != nullptr ? std::string{listed} + ':' : "") + ejabberd_libraries()},
              {"EJABBERD_CONFIG_PATH", home + "/ejabberd.yml"},
              {"EJABBERD_LOG_PATH", home + "/log"}},
      .input = {}});
  if (!eventually(start_patience,
                  [&] { return !process_->running() || accepts_connections(port_); }) ||
      !process_->running()) {
    throw std::runtime_error("ejabberd does not start:\n" + tail());
  }
}

std::unique_ptr<Aedes> Aedes::start(const TempDir& dir, std::string& why) {
  const std::uint16_t port = free_port();
  auto process = std::make_unique<Process>(Process::Options{
      .command = {IOTCARD_SOURCE_DIR "/tests/aedes/broker.sh", IOTCARD_AEDES, std::to_string(port)},
      .output = dir.file("aedes"),
      .env = {},
      .input = {}});
  eventually(install_patience, [&] { return !process->running() || accepts_connections(port); });
  if (process->running() && accepts_connections(port)) {
    return std::unique_ptr<Aedes>{new Aedes{port, std::move(process)}};
  }
  if (process->wait() == cannot_be_installed) {
    why = process->out();
    return nullptr;
  }
  throw std::runtime_error("aedes does not start:\n" + process->tail());
}

}  // namespace iotcard
