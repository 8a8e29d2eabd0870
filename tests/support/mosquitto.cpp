// SPDX-License-Identifier: Apache-2.0
#include "support/mosquitto.h"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace iotcard {

// /usr/sbin is not in everybody's PATH.
std::string Mosquitto::program() {
  const std::string path = "/usr/sbin/mosquitto";
  return std::filesystem::exists(path) ? path : "mosquitto";
}

Mosquitto::Mosquitto(const TempDir& dir) : Mosquitto(dir, Options{}) {}

Mosquitto::Mosquitto(const TempDir& dir, Options options)
    : options_(std::move(options)), port_(free_port()) {
  dir_ = dir.file(fmt::format("mosquitto-{}", port_));
  std::filesystem::create_directory(dir_);
  // Started by root it would become the user mosquitto, who cannot write here.
  std::string text = fmt::format(
      "user root\nlistener {} 127.0.0.1\nallow_anonymous {}\nmax_queued_messages 0\n"
      "sys_interval 1\nlog_type all\nlog_dest stderr\nconnection_messages true\n",
      port_, options_.anonymous);
  if (options_.persistence) {
    text += fmt::format("persistence true\npersistence_location {}/\n", dir_);
  }
  for (const std::string& line : options_.lines) text += line + "\n";
  write_file(dir_ + "/mosquitto.conf", text);
  if (options_.start) start();
}

void Mosquitto::reload() {
  process_->signal(SIGHUP);
}

void Mosquitto::save() {
  const std::uint64_t before = inode(database());
  process_->signal(SIGUSR1);
  // The database is written beside and renamed.
  if (!eventually([&] { return inode(database()) != before; })) {
    throw std::runtime_error("mosquitto does not save its state:\n" + tail());
  }
}

void Mosquitto::start() {
  process_ = std::make_unique<Process>(
      Process::Options{.command = {program(), "-c", dir_ + "/mosquitto.conf"},
                       .output = dir_ + "/log",
                       .env = {},
                       .input = {}});
  const bool up = eventually([&] { return !process_->running() || accepts_connections(port_); });
  if (!up || !process_->running()) {
    throw std::runtime_error("mosquitto does not start:\n" + tail());
  }
}

void Mosquitto::stop() {
  if (process_) process_->terminate();
}

void Mosquitto::kill() {
  if (process_) process_->kill();
}

std::string Mosquitto::log() const {
  return read_file(dir_ + "/log.err");
}

Mosquitto::Options with_password(const TempDir& dir, const std::string& password) {
  const std::string file = dir.file("passwords");
  Process process{{.command = {"mosquitto_passwd", "-c", "-b", file, "user", password},
                   .output = dir.file("mosquitto_passwd"),
                   .env = {},
                   .input = {}}};
  if (process.wait() != 0) throw std::runtime_error(process.tail());
  return {.anonymous = false, .lines = {"password_file " + file}};
}

namespace {

Mosquitto::Options with_rules(const TempDir& dir, const std::string& json) {
  const std::string rules = dir.file("rules.json");
  write_file(rules, json);
  return {.lines = {"plugin /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so",
                    "plugin_opt_config_file " + rules}};
}

}  // namespace

Mosquitto::Options without_subscriptions(const TempDir& dir) {
  return with_rules(dir, R"({"defaultACLAccess": {"publishClientSend": true,
    "publishClientReceive": true, "subscribe": false, "unsubscribe": true}})");
}

Mosquitto::Options without_subscription(const TempDir& dir, const std::string& filter) {
  return with_rules(dir, R"({"defaultACLAccess": {"publishClientSend": true,
    "publishClientReceive": true, "subscribe": true, "unsubscribe": true},
    "roles": [{"rolename": "all", "acls": [{"acltype": "subscribeLiteral", "allow": false,
    "topic": ")" + filter + R"("}]}],
    "groups": [{"groupname": "anybody", "roles": [{"rolename": "all"}]}],
    "anonymousGroup": "anybody"})");
}

}  // namespace iotcard
