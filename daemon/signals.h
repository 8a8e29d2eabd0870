// SPDX-License-Identifier: Apache-2.0
// signals.h - The signals that the daemon handles. Only the main thread takes them.
#pragma once

namespace iotcard {

// Before the first thread is made, so that all inherit the mask. Also ignores SIGPIPE and SIGXFSZ.
void block_signals();

// On the main thread: the signal that came within a second, or 0.
int wait_for_signal();

// From any thread: wait_for_signal() returns at once.
void wake_main_thread();

}  // namespace iotcard
