// SPDX-License-Identifier: Apache-2.0
// lock_list.h - Whether the kernel's list of file locks, /proc/locks, can be relied on. The locks
// themselves are of the kernel and hold between all processes. Any thread. Sources: proc(5),
// pid_namespaces(7), linux/nsfs.h (the number of the first PID namespace).
#pragma once

namespace iotcard {

// True in the first PID namespace. In another one, such as a container's, the list leaves out the
// locks of processes outside: that a lock is not in it says nothing.
bool lists_all_locks();

}  // namespace iotcard
