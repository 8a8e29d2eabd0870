// SPDX-License-Identifier: Apache-2.0
// daemon.h - A real iotcardd on a broker of the test's, with everything it writes in the test's
// folder; and the operator's tool on the same configuration. One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace iotcard {

class Daemon {
 public:
  struct Options {
    std::string client_id = "iotcardd";
    std::string store_url{};  // a database in the folder if empty
    std::string prefix = "iotcard";
    // More TOML lines for a section: {"binding", "on_conflict = \"follow\""}. "" is the end of the
    // file, for sections of their own.
    std::map<std::string, std::string> toml{};
    std::string intake_dir{};  // one in the folder if empty
    std::map<std::string, std::string> env{};
    bool api = false;  // on a free port; see api_url()
    bool start = true;
  };

  Daemon(const TempDir& dir, const std::string& broker_url);
  Daemon(const TempDir& dir, const std::string& broker_url, Options options);

  void start();
  // Until the retained status says that this run is online. Throws with the log's tail otherwise.
  void wait_online(std::chrono::milliseconds deadline = patience);
  std::optional<int> terminate() { return process_->terminate(); }  // SIGTERM; the exit status
  void kill() { process_->kill(); }                                 // SIGKILL
  Process& process() { return *process_; }

  const std::string& config_path() const { return config_path_; }
  const std::string& store_url() const { return options_.store_url; }
  const std::string& intake_dir() const { return intake_dir_; }
  std::uint16_t api_port() const { return api_port_; }
  std::string api_url() const { return "http://127.0.0.1:" + std::to_string(api_port_); }
  std::string status_topic() const;
  std::string log() const;  // of all runs
  bool wait_for_log(const std::string& text) const;
  std::size_t times_in_log(const std::string& text) const;
  std::string tail() const { return last_lines(log(), 40); }
  // Writes the configuration file anew, with other lines; the daemon is not told.
  void write_config(std::map<std::string, std::string> toml, const std::string& intake_dir = "");

 private:
  std::string broker_url_;
  Options options_;
  std::string base_;
  std::string config_path_;
  std::string intake_dir_;
  std::uint16_t api_port_ = 0;  // 0: it is off
  std::string started_;         // RFC 3339
  std::unique_ptr<Process> process_;
};

// Makes an empty file and says how systemd tells a program that what it writes there goes to the
// journal (JOURNAL_STREAM, systemd.exec(5)).
std::string journal_stream(const std::string& path);

struct CtlResult {
  int status = -1;
  std::string out;
  std::string err;
};

// Runs iotcardctl to its end. `input` is what it reads from standard input.
CtlResult ctl(const TempDir& dir, const std::vector<std::string>& arguments,
              const std::string& input = "");
// The same with the daemon's configuration.
CtlResult ctl(const TempDir& dir, const Daemon& daemon, const std::vector<std::string>& arguments,
              const std::string& input = "");

}  // namespace iotcard
