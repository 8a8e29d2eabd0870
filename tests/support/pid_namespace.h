// SPDX-License-Identifier: Apache-2.0
// pid_namespace.h - A function in a process that sees the others as one in a container does: in a
// PID namespace of its own, with a /proc of its own. Linux; needs root or user namespaces.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

namespace iotcard {

// What `action` returned; nullopt: such a namespace may not be made here. `action` must not throw.
template <typename Action>
std::optional<bool> in_pid_namespace(const Action& action) {
  constexpr int not_permitted = 2;
  const auto wait_for = [](pid_t child) {
    int status = 0;
    const bool ended = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status);
    return ended ? WEXITSTATUS(status) : not_permitted + 1;
  };
  const pid_t outer = fork();
  if (outer == 0) {
    constexpr int spaces = CLONE_NEWPID | CLONE_NEWNS;
    if (unshare(spaces) != 0 && unshare(spaces | CLONE_NEWUSER) != 0) _exit(not_permitted);
    const pid_t inner = fork();  // the first process of the new namespace
    if (inner != 0) _exit(wait_for(inner));
    const bool mounted = mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         mount("proc", "/proc", "proc", 0, nullptr) == 0;
    _exit(!mounted ? not_permitted : action() ? 0 : 1);
  }
  const int status = wait_for(outer);
  if (status == not_permitted) return std::nullopt;
  return status == 0;
}

}  // namespace iotcard
