// SPDX-License-Identifier: Apache-2.0
// interrupt.h - SIGINT and SIGTERM end a verb that runs on; the handler only sets a flag.
#pragma once

namespace iotcard {

void watch_for_interrupts();
bool interrupted();

}  // namespace iotcard
