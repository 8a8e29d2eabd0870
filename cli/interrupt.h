// SPDX-License-Identifier: Apache-2.0
// interrupt.h - SIGINT and SIGTERM set a flag, by which a verb that takes long ends.
#pragma once

namespace iotcard {

void watch_for_interrupts();
bool interrupted();

}  // namespace iotcard
