// SPDX-License-Identifier: Apache-2.0
#include "signals.h"

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <initializer_list>

namespace iotcard {
namespace {

constexpr int wake_signal = SIGUSR1;

sigset_t handled_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, wake_signal}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

void block_signals() {
  const sigset_t signals = handled_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a broken connection is an error to read, not the end
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is a write that fails
}

int wait_for_signal() {
  const sigset_t signals = handled_signals();
  const timespec second{.tv_sec = 1, .tv_nsec = 0};
  const int signal = sigtimedwait(&signals, nullptr, &second);
  return signal > 0 ? signal : 0;
}

void wake_main_thread() {
  kill(getpid(), wake_signal);
}

}  // namespace iotcard
