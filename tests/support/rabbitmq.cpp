// SPDX-License-Identifier: Apache-2.0
#include "support/rabbitmq.h"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

namespace iotcard {
namespace {

const std::string server = "/usr/lib/rabbitmq/bin/rabbitmq-server";
constexpr std::chrono::seconds start_patience{120};

}  // namespace

bool Rabbitmq::installed() {
  return std::filesystem::exists(server);
}

bool Rabbitmq::speaks_mqtt5() {
  const std::string_view name = "rabbitmq_server-";  // and the version
  for (const auto& entry : std::filesystem::directory_iterator{"/usr/lib/rabbitmq/lib"}) {
    const std::string folder = entry.path().filename();
    if (folder.starts_with(name)) return folder[name.size()] >= '4';
  }
  return false;
}

Rabbitmq::Rabbitmq(const TempDir& dir) : port_(free_port()) {
  const std::string home = dir.file("rabbitmq");
  std::filesystem::create_directory(home);
  const std::uint16_t amqp_port = free_port();
  const std::uint16_t cluster_port = free_port();
  const std::uint16_t names_port = free_port();
  const char* const anonymous =
      speaks_mqtt5() ? "anonymous_login" : "mqtt.allow_anonymous = true\nmqtt.default";
  write_file(home + "/env.conf", "");
  write_file(home + "/plugins", "[rabbitmq_mqtt].\n");
  write_file(home + "/rabbitmq.conf",
             fmt::format("listeners.tcp.1 = 127.0.0.1:{}\nmqtt.listeners.tcp.1 = 127.0.0.1:{}\n"
                         "{}_user = guest\n{}_pass = guest\n",
                         amqp_port, port_, anonymous, anonymous));
  const std::map<std::string, std::string> env = {
      {"HOME", home},                  // of the cookie
      {"RUNNING_UNDER_SYSTEMD", "1"},  // the script becomes the server instead of watching it
      {"RABBITMQ_CONF_ENV_FILE", home + "/env.conf"},
      {"RABBITMQ_CONFIG_FILE", home + "/rabbitmq.conf"},
      {"RABBITMQ_ENABLED_PLUGINS_FILE", home + "/plugins"},
      {"RABBITMQ_MNESIA_BASE", home + "/mnesia"},
      {"RABBITMQ_LOG_BASE", home + "/log"},
      {"RABBITMQ_LOGS", "-"},
      {"RABBITMQ_PID_FILE", home + "/pid"},
      {"RABBITMQ_GENERATED_CONFIG_DIR", home + "/generated"},
      {"RABBITMQ_SCHEMA_DIR", home + "/schema"},
      {"RABBITMQ_FEATURE_FLAGS_FILE", home + "/flags"},
      {"RABBITMQ_PLUGINS_EXPAND_DIR", home + "/expand"},
      {"RABBITMQ_NODENAME", fmt::format("test{}@localhost", port_)},
      {"RABBITMQ_DIST_PORT", std::to_string(cluster_port)},
      {"RABBITMQ_NODE_PORT", std::to_string(amqp_port)},
      {"RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"},
      {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"},
      {"ERL_EPMD_PORT", std::to_string(names_port)},
      {"ERL_EPMD_ADDRESS", "127.0.0.1"}};
  names_ = std::make_unique<Process>(Process::Options{
      .command = {"epmd", "-port", std::to_string(names_port), "-address", "127.0.0.1"},
      .output = home + "/names",
      .env = env,
      .input = {}});
  if (!eventually([&] { return accepts_connections(names_port); })) {
    throw std::runtime_error("epmd does not start:\n" + names_->tail());
  }
  process_ = std::make_unique<Process>(
      Process::Options{.command = {server}, .output = home + "/server", .env = env, .input = {}});
  // The port is open a moment before the server is ready for a session.
  const bool up = eventually(start_patience, [&] {
    return !process_->running() ||
           process_->out().find("Server startup complete") != std::string::npos;
  });
  if (!up || !process_->running()) throw std::runtime_error("rabbitmq does not start:\n" + tail());
}

// It has nothing to save, and an orderly end takes seconds.
Rabbitmq::~Rabbitmq() {
  process_->kill();
}

}  // namespace iotcard
