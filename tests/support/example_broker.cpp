// SPDX-License-Identifier: Apache-2.0
#include "support/example_broker.h"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "support/mosquitto.h"

namespace iotcard {
namespace {

const std::string example = IOTCARD_SOURCE_DIR "/examples/mosquitto";

// Each place, and there must be one: else the example has changed and this has not.
void replace(std::string& text, const std::string& what, const std::string& by) {
  std::size_t at = text.find(what);
  if (at == std::string::npos) throw std::runtime_error(what + " is not in the example any more");
  for (; at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

ExampleBroker::ExampleBroker(const TempDir& dir)
    : dir_(dir),
      certificates_(dir.file("certificates")),
      passwords_file_(dir.file("iotcard.passwords")) {
  for (const int port : {8883, 8884, 8885}) ports_[port] = free_port();
  run({example + "/make-certificates.sh", certificates_});
  write_file(passwords_file_, "");
  write_configuration();
}

void ExampleBroker::write_configuration() {
  std::string conf = read_file(example + "/iotcard.conf");
  replace(conf, "listener 8884 127.0.0.1\n", "listener 8884\n");
  for (const auto& [port, ours] : ports_) {
    replace(conf, fmt::format("listener {}\n", port), fmt::format("listener {} 127.0.0.1\n", ours));
  }
  replace(conf, "/etc/mosquitto/iotcard/", certificates_ + "/");
  replace(conf, "/etc/mosquitto/iotcard.passwords", passwords_file_);
  replace(conf, "/etc/mosquitto/iotcard.acl", dir_.file("iotcard.acl"));
  std::filesystem::copy_file(example + "/iotcard.acl", dir_.file("iotcard.acl"));
  std::filesystem::create_directories(dir_.file("conf.d"));
  std::filesystem::create_directories(dir_.file("sessions"));
  write_file(dir_.file("conf.d/iotcard.conf"), conf);
  // As Debian's, but for "user": started by root it would become a user who cannot write here.
  write_file(dir_.file("mosquitto.conf"),
             fmt::format("user root\npid_file {0}/pid\npersistence true\n"
                         "persistence_location {0}/sessions/\nlog_dest stderr\nlog_type all\n"
                         "include_dir {0}/conf.d\n",
                         dir_.path()));
}

void ExampleBroker::let_devices_read_nothing() {
  std::string list = read_file(dir_.file("iotcard.acl"));
  replace(list, "\npattern read /%u/info/get\n", "\n");
  write_file(dir_.file("iotcard.acl"), list);
}

void ExampleBroker::let_script_say_states() {
  std::string list = read_file(dir_.file("iotcard.acl"));
  for (const char* line :
       {"user script\n", "topic deny /script/#\n", "topic write iotcard/card/+/state/set\n"}) {
    replace(list, std::string{"\n#"} + line, std::string{"\n"} + line);
  }
  write_file(dir_.file("iotcard.acl"), list);
  run({example + "/make-certificates.sh", certificates_, "--staff", "script"});
}

void ExampleBroker::run(std::vector<std::string> command, std::map<std::string, std::string> env) {
  output_ = dir_.file("script");
  std::filesystem::remove(output_ + ".out");
  std::filesystem::remove(output_ + ".err");
  Process process{
      {.command = std::move(command), .output = output_, .env = std::move(env), .input = {}}};
  if (process.wait() != 0) throw std::runtime_error(process.tail());
  output_ = process.out();
}

void ExampleBroker::start() {
  process_ = std::make_unique<Process>(
      Process::Options{.command = {Mosquitto::program(), "-c", dir_.file("mosquitto.conf")},
                       .output = dir_.file("mosquitto-log"),
                       .env = {},
                       .input = {}});
  for (const auto& [port, ours] : ports_) {
    if (!eventually(
            [&, ours = ours] { return !process_->running() || accepts_connections(ours); }) ||
        !process_->running()) {
      throw std::runtime_error("mosquitto does not start:\n" + log());
    }
  }
}

void ExampleBroker::stop() {
  process_->terminate();
}

void ExampleBroker::reload() {
  process_->signal(SIGHUP);
}

void ExampleBroker::remove_device(const std::string& name) {
  run({"mosquitto_passwd", "-D", passwords_file_, name});
}

std::string ExampleBroker::log() const {
  return read_file(dir_.file("mosquitto-log.err"));
}

std::string ExampleBroker::url(int port) const {
  return fmt::format("mqtts://127.0.0.1:{}", ports_.at(port));
}

void ExampleBroker::add_device(const std::string& name) {
  run({example + "/add-device.sh", passwords_file_, name});
  passwords_[name] = output_.substr(0, output_.find('\n'));
}

void ExampleBroker::add_certified_device(const std::string& name) {
  run({example + "/make-certificates.sh", certificates_, "--device", name});
}

void ExampleBroker::add_expired_device(const std::string& name) {
  run({"faketime", "-f", "-3d", example + "/make-certificates.sh", certificates_, "--device", name},
      {{"DAYS", "1"}});
}

void ExampleBroker::add_user(const std::string& name) {
  passwords_[name] = "secret";
  run({"mosquitto_passwd", "-b", passwords_file_, name, passwords_[name]});
}

MqttProbe::Options ExampleBroker::device(const std::string& name, bool mqtt5) const {
  MqttProbe::Options options;
  options.mqtt5 = mqtt5;
  options.username = name;
  options.password = passwords_.at(name);
  options.tls.ca_file = file("ca.pem");
  options.barrier_topic = "/" + name + "/info/get";
  return options;
}

MqttProbe::Options ExampleBroker::certified_device(const std::string& name, bool mqtt5) const {
  MqttProbe::Options options;
  options.mqtt5 = mqtt5;
  options.tls = {file("ca.pem"), file("devices/" + name + ".pem"),
                 file("devices/" + name + ".key")};
  options.barrier_topic = "/" + name + "/info/get";
  return options;
}

MqttProbe::Options ExampleBroker::staff(const std::string& name, bool mqtt5) const {
  MqttProbe::Options options;
  options.mqtt5 = mqtt5;
  options.tls = {file("ca.pem"), file(name + ".pem"), file(name + ".key")};
  return options;
}

Daemon::Options ExampleBroker::daemon() const {
  std::istringstream lines{read_file(example + "/iotcardd.toml")};
  std::string broker;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("_file = ") == std::string::npos) continue;
    const bool key = line.find("key_file") == 0;
    replace(line, key ? "$CREDENTIALS_DIRECTORY/iotcardd.broker-key" : "/etc/iotcardd/",
            certificates_ + (key ? "/iotcardd.key" : "/"));
    broker += line + "\n";
  }
  return {.toml = {{"broker", broker}}};
}

}  // namespace iotcard
