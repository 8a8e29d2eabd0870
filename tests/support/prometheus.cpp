// SPDX-License-Identifier: Apache-2.0
#include "support/prometheus.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "support/http_client.h"
#include "support/wait.h"

namespace iotcard {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> prometheus_program(const std::string& name) {
  const fs::path unpacked = IOTCARD_SOURCE_DIR "/build/packages";
  std::vector<fs::path> folders;  // Debian 13 has promtool in a package of its own
  for (const char* const package : {"prometheus", "promtool"}) {
    folders.push_back(unpacked / package / "usr/bin");
  }
  if (const char* const path = std::getenv("PATH")) {
    std::istringstream names{path};
    for (std::string folder; std::getline(names, folder, ':');) folders.emplace_back(folder);
  }
  for (const fs::path& folder : folders) {
    std::error_code ignored;
    if (fs::exists(folder / name, ignored)) return (folder / name).string();
  }
  return std::nullopt;
}

std::string in_query(const std::string& text) {
  std::string encoded;
  for (const char c : text) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return encoded;
}

}  // namespace

bool has_prometheus() {
  return prometheus_program("prometheus") && prometheus_program("promtool");
}

PromtoolResult promtool(const TempDir& dir, const std::vector<std::string>& arguments,
                        const std::string& input) {
  static std::atomic<int> count{0};
  const std::string base = dir.file(fmt::format("promtool-{}", ++count));
  std::vector<std::string> command{prometheus_program("promtool").value()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  if (!input.empty()) write_file(base + ".in", input);
  Process process{
      {.command = command, .output = base, .env = {}, .input = input.empty() ? "" : base + ".in"}};
  constexpr std::chrono::seconds promtool_patience{120};
  const auto status = process.wait(promtool_patience);
  if (!status) throw std::runtime_error("promtool does not end:\n" + process.tail());
  return {*status, process.out() + process.err()};
}

Prometheus::Prometheus(const TempDir& dir, const std::string& config) : port_(free_port()) {
  const std::string home = dir.file(fmt::format("prometheus-{}", port_));
  fs::create_directory(home);
  write_file(home + "/prometheus.yml", config);
  process_ = std::make_unique<Process>(
      Process::Options{.command = {prometheus_program("prometheus").value(),
                                   "--config.file=" + home + "/prometheus.yml",
                                   "--storage.tsdb.path=" + home + "/data",
                                   fmt::format("--web.listen-address=127.0.0.1:{}", port_)},
                       .output = home + "/log",
                       .env = {},
                       .input = {}});
  const bool up = eventually([&] {
    return !process_->running() ||
           (accepts_connections(port_) && http_get(port_, "/-/ready").status == 200);
  });
  if (!up || !process_->running()) {
    throw std::runtime_error("Prometheus does not start:\n" + tail());
  }
}

rapidjson::Document Prometheus::get(const std::string& path) const {
  const HttpReply reply = http_get(port_, "/api/v1/" + path);
  rapidjson::Document answer;
  answer.Parse(reply.body.c_str());
  if (reply.status != 200 || !answer.IsObject() || !answer.HasMember("data")) {
    throw std::runtime_error(
        fmt::format("Prometheus answers {} to {}: {}", reply.status, path, reply.body));
  }
  rapidjson::Document data;
  data.CopyFrom(answer["data"], data.GetAllocator());
  return data;
}

rapidjson::Document Prometheus::query(const std::string& expression) const {
  const rapidjson::Document data = get("query?query=" + in_query(expression));
  rapidjson::Document result;
  result.CopyFrom(data["result"], result.GetAllocator());
  return result;
}

}  // namespace iotcard
