// SPDX-License-Identifier: Apache-2.0
// platform_operations.h - What operators want of card platforms and see of them, and the lease by
// which of several programs on one store just one asks a platform. PendingPublishes nobody: a
// request waits in the store for the daemon. Throws OperationError and StoreError. On the store's
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operations/operation.h"

namespace iotcard {

// Puts a request for the card's platform into the store. A refresh that is not done yet is that
// one: so one card fills no queue, and is not asked about again and again once its interval is
// over. Not found: there is no such card. Conflict: it has no platform, or one that is not
// configured.
PlatformRequest request_platform(Store& store, const Context& context, const Iccid& iccid,
                                 PlatformRequestKind kind);

// True: until `now` + `length` at most `holder` alone asks the platform; to be asked again well
// before. Writes only where the lease is new or half over.
bool hold_lease(Store& store, std::int64_t platform, const std::string& holder, Instant now,
                Duration length);
// Who has it; "" if nobody does.
std::string lease_holder(Store& store, std::int64_t platform, Instant now);
void give_up_lease(Store& store, std::int64_t platform, const std::string& holder);

struct PlatformFacts {
  PlatformRow row;
  PlatformAge age;
  std::string asked_by;  // who holds its lease; "" if nobody does
};
enum class PlatformState : std::uint8_t {
  not_asked,  // nobody has asked it yet
  well,       // the last question was answered
  failing,
};
inline constexpr auto platform_state_names =
    make_name_table<PlatformState>("not_asked", "well", "failing");
PlatformState state_of(const PlatformFacts& facts);

std::vector<PlatformFacts> describe_platforms(Store& store, const Context& context);

}  // namespace iotcard
