// SPDX-License-Identifier: Apache-2.0
#include "support/daemon.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>

#include "base/time.h"
#include "support/mqtt_probe.h"

namespace iotcard {
namespace {

std::string now() {
  return to_rfc3339(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
}

// Says online, and since no earlier than that: an older run's status may still be retained.
bool is_online(const std::string& status, const std::string& since) {
  rapidjson::Document json;
  json.Parse(status.c_str());
  return json.IsObject() && json.HasMember("state") && json["state"].IsString() &&
         json["state"].GetString() == std::string{"online"} && json.HasMember("since") &&
         json["since"].IsString() && json["since"].GetString() >= since;
}

}  // namespace

Daemon::Daemon(const TempDir& dir, const std::string& broker_url)
    : Daemon(dir, broker_url, Options{}) {}

Daemon::Daemon(const TempDir& dir, const std::string& broker_url, Options options)
    : broker_url_(broker_url),
      options_(std::move(options)),
      base_(dir.file(options_.client_id)),
      config_path_(base_ + ".toml"),
      intake_dir_(options_.intake_dir.empty() ? base_ + "-intake" : options_.intake_dir) {
  if (options_.store_url.empty()) options_.store_url = "sqlite:" + dir.file("cards.db");
  if (options_.api) api_port_ = free_port();
  write_config(options_.toml);
  if (options_.start) start();
}

void Daemon::write_config(std::map<std::string, std::string> toml, const std::string& intake_dir) {
  std::map<std::string, std::string> sections = {
      {"broker",
       fmt::format("url = \"{}\"\nclient_id = \"{}\"\n", broker_url_, options_.client_id)},
      {"events", fmt::format("prefix = \"{}\"\n", options_.prefix)},
      {"store", fmt::format("url = \"{}\"\n", options_.store_url)},
      {"intake", fmt::format("dir = \"{}\"\n", intake_dir.empty() ? intake_dir_ : intake_dir)},
      {"api", fmt::format("listen = \"{}\"\n",
                          api_port_ == 0 ? "" : fmt::format("127.0.0.1:{}", api_port_))}};
  const std::string end = toml[""];
  toml.erase("");
  for (const auto& [section, lines] : toml) sections[section] += lines + "\n";
  std::string text;
  for (const auto& [section, lines] : sections) text += fmt::format("[{}]\n{}", section, lines);
  write_file(config_path_, text + end);
}

void Daemon::start() {
  started_ = now();
  process_ =
      std::make_unique<Process>(Process::Options{.command = {IOTCARDD, "--config", config_path_},
                                                 .output = base_ + "-log",
                                                 .env = options_.env,
                                                 .input = {}});
}

void Daemon::wait_online(std::chrono::milliseconds deadline) {
  std::string status;
  try {
    MqttProbe probe{broker_url_};
    probe.subscribe(status_topic());
    const auto online = [&](const MqttProbe::Messages& messages) {
      if (!messages.empty()) status = messages.back().payload;
      return !messages.empty() && is_online(status, started_);
    };
    if (probe.wait_until(online, deadline)) return;
  } catch (const std::exception& error) {
    status = error.what();
  }
  throw std::runtime_error(
      fmt::format("the daemon is not online; status {}; log:\n{}", status, tail()));
}

std::string Daemon::status_topic() const {
  const auto reports = options_.toml.find("reports");
  const bool shares =
      reports != options_.toml.end() && reports->second.find("share = ") != std::string::npos;
  return options_.prefix + "/status" + (shares ? "/" + options_.client_id : "");
}

std::string Daemon::log() const {
  return read_file(base_ + "-log.out") + read_file(base_ + "-log.err");
}

bool Daemon::wait_for_log(const std::string& text) const {
  return eventually([&] { return times_in_log(text) > 0; });
}

std::size_t Daemon::times_in_log(const std::string& text) const {
  const std::string all = log();
  std::size_t times = 0;
  for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) {
    ++times;
  }
  return times;
}

std::string journal_stream(const std::string& path) {
  write_file(path, "");
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) throw std::runtime_error("no file " + path);
  return std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino);
}

CtlResult ctl(const TempDir& dir, const std::vector<std::string>& arguments,
              const std::string& input) {
  static std::atomic<int> count{0};
  const std::string base = dir.file(fmt::format("ctl-{}", ++count));
  std::vector<std::string> command = {IOTCARDCTL};
  command.insert(command.end(), arguments.begin(), arguments.end());
  if (!input.empty()) write_file(base + ".in", input);
  Process process{
      {.command = command, .output = base, .env = {}, .input = input.empty() ? "" : base + ".in"}};
  const auto status = process.wait();
  if (!status) throw std::runtime_error("iotcardctl does not end:\n" + process.tail());
  return {*status, process.out(), process.err()};
}

CtlResult ctl(const TempDir& dir, const Daemon& daemon, const std::vector<std::string>& arguments,
              const std::string& input) {
  std::vector<std::string> all = {"--config", daemon.config_path()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return ctl(dir, all, input);
}

}  // namespace iotcard
