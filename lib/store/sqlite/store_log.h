// SPDX-License-Identifier: Apache-2.0
// store_log.h - Since when readers have kept the write-ahead log from being reset: noted in the
// store, so that other processes know it too (HealthStore::log_state()). On the connection's
// thread.
#pragma once

#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

// Notes the time since which this connection cannot reset the log if that is longer than a second,
// and deletes the note once it can. Writes nothing while that stays the same. If the store cannot
// be written, the next call tries it again.
void note_log_state(Connection& connection) noexcept;

}  // namespace iotcard::sqlite
