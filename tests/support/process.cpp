// SPDX-License-Identifier: Apache-2.0
#include "support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace iotcard {
namespace {

constexpr std::size_t tail_lines = 40;
constexpr int signalled = 128;  // as a shell says it

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text{*entry};
    if (added.count(text.substr(0, text.find('='))) == 0) result.push_back(text);
  }
  for (const auto& [name, value] : added) result.push_back(name + "=" + value);
  return result;
}

// In the child: only what is safe between fork and exec of a program with threads.
[[noreturn]] void run(char** command, char** env, const char* in, const char* out, const char* err,
                      pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(signalled - 1);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  constexpr int flags = O_WRONLY | O_CREAT | O_APPEND;
  if (dup2(open(in, O_RDONLY), STDIN_FILENO) >= 0 &&
      dup2(open(out, flags, 0600), STDOUT_FILENO) >= 0 &&
      dup2(open(err, flags, 0600), STDERR_FILENO) >= 0) {
    execvpe(command[0], command, env);
  }
  _exit(signalled - 1);
}

}  // namespace

Process::Process(const Options& options) : output_(options.output) {
  std::vector<std::string> command = options.command;
  std::vector<std::string> env = environment(options.env);
  const std::vector<char*> command_pointers = pointers(command);
  const std::vector<char*> env_pointers = pointers(env);
  const std::string in = options.input.empty() ? "/dev/null" : options.input;
  const std::string out = output_ + ".out";
  const std::string err = output_ + ".err";
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    run(const_cast<char**>(command_pointers.data()), const_cast<char**>(env_pointers.data()),
        in.c_str(), out.c_str(), err.c_str(), parent);
  }
  pid_file_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pid_file_ < 0) {
    const int error = errno;
    kill();
    throw std::system_error(error, std::generic_category(), "pidfd_open");
  }
}

Process::~Process() {
  kill();
  if (pid_file_ >= 0) close(pid_file_);
}

bool Process::running() {
  return !wait(std::chrono::milliseconds{0});
}

void Process::signal(int number) {
  if (!status_) ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds deadline) {
  if (status_) return status_;
  const auto until = std::chrono::steady_clock::now() + deadline;
  pollfd ended{.fd = pid_file_, .events = POLLIN, .revents = 0};
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const int ready = poll(&ended, 1, static_cast<int>(std::max(left.count(), {})));
    if (ready > 0) break;
    if (ready == 0) return std::nullopt;
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  status_ = WIFSIGNALED(status) ? signalled + WTERMSIG(status) : WEXITSTATUS(status);
  return status_;
}

std::optional<int> Process::terminate(std::chrono::milliseconds deadline) {
  signal(SIGTERM);
  const std::optional<int> status = wait(deadline);
  if (!status) kill();
  return status;
}

void Process::kill() {
  if (status_) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  status_ = signalled + SIGKILL;
}

std::string Process::out() const {
  return read_file(output_ + ".out");
}

std::string Process::err() const {
  return read_file(output_ + ".err");
}

std::string Process::tail() const {
  return last_lines(out(), tail_lines) + last_lines(err(), tail_lines);
}

}  // namespace iotcard
