// SPDX-License-Identifier: Apache-2.0
// replay_run.h - The run of a replay: takes reports from a source, a page at a time, and decides
// each page in one transaction. Not the choice of reports. For replay.cpp; on the store's thread.
#pragma once

#include <variant>

#include "operations/replay/replay.h"

namespace iotcard {

struct RejectedId {
  std::int64_t id;
};
// What may be replayed. A source reads outside of any transaction; the transaction then looks at
// each again, since the daemon goes on meanwhile.
using ReplayItem = std::variant<RejectedId, DeviceKey, ReceivedReport>;
// Appends the next ones, perhaps none; false: there are no more. Counts all it looked at.
using ReplaySource = std::function<bool(std::vector<ReplayItem>& items, std::int64_t& looked_at)>;

ReplayResult run_replay(Store& store, const Context& context,
                        const std::vector<TopicPattern>& topics, const ReplayOptions& options,
                        const ReplayHooks& hooks, const ReplaySource& source);

}  // namespace iotcard
