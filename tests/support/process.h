// SPDX-License-Identifier: Apache-2.0
// process.h - A child process whose output goes to files. It never outlives its object, nor the
// test program however that ends. One thread, and one that lives as long as the process: the
// kernel ends the child with the thread that made it (PR_SET_PDEATHSIG).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/wait.h"

namespace iotcard {

class Process {
 public:
  struct Options {
    std::vector<std::string> command;        // the first is the program, looked for in PATH
    std::string output;                      // a path; ".out" and ".err" are appended
    std::map<std::string, std::string> env;  // added to the environment
    std::string input;                       // a file for standard input; /dev/null if empty
  };

  explicit Process(const Options& options);
  ~Process();  // kill()
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  // The exit status, 128 + N for an end by signal N; nullopt if it still runs at the deadline.
  std::optional<int> wait(std::chrono::milliseconds deadline = patience);
  // SIGTERM and wait(); SIGKILL if that does not help, and then nullopt.
  std::optional<int> terminate(std::chrono::milliseconds deadline = patience);
  void kill();

  std::string out() const;
  std::string err() const;
  // What it said last, for the message of a failure.
  std::string tail() const;

 private:
  std::string output_;
  pid_t pid_ = -1;
  int pid_file_ = -1;  // readable once the process has ended
  std::optional<int> status_;
};

}  // namespace iotcard
