// SPDX-License-Identifier: Apache-2.0
// platform_operations.h - What operators request of card platforms and see of them, and the lease:
// of several processes on one store only the one that has it asks a platform. Sends no request to a
// platform: it waits in the store for the daemon. Throws OperationError and StoreError. On the
// store's thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "base/json_text.h"
#include "base/service_fault.h"
#include "operations/operation.h"

namespace iotcard {

// Stores a request for the platform of the card, found as require_card() says. If a refresh of the
// card is stored already and not done, that one is returned. Not found: there is no such card.
// Conflict: the card has no platform, or one that is not configured.
PlatformRequest request_platform(Store& store, const Context& context, const Iccid& iccid,
                                 PlatformRequestKind kind);
// The same inside the caller's transaction: checks first and writes then.
PlatformRequest request_platform_within(Store& store, const Context& context, const Iccid& named,
                                        PlatformRequestKind kind);

// True: until `now` + `length` only `holder` may ask the platform; call it again well before.
// Writes only if the lease is new or half over.
bool acquire_lease(StateStore& store, std::int64_t platform, const std::string& holder, Instant now,
                   Duration length);
std::string lease_holder(StateStore& store, std::int64_t platform, Instant now);  // "" for nobody
void release_lease(StateStore& store, std::int64_t platform, const std::string& holder);

struct PlatformFacts {
  PlatformRow row;
  PlatformAge age;
  std::string asked_by;  // who has its lease; "" for nobody
};
enum class PlatformState : std::uint8_t {
  not_asked,  // not asked yet
  well,       // the last request was answered
  failing,
};
inline constexpr auto platform_state_names =
    make_name_table<PlatformState>("not_asked", "well", "failing");
// Failing, too, while a wave of not_found is held back.
PlatformState state_of(const PlatformFacts& facts);
// What fails, in a word and for people: the wave before other failures. "" for none.
std::string fault_of(const PlatformFacts& facts);
std::string failure_of(const PlatformFacts& facts);

std::vector<PlatformFacts> describe_platforms(Store& store, const Context& context);

// Applies every not_found that is held back for the platform, a hundred cards in a transaction, and
// lets those through that follow within `length`. Returns how many cards were changed; 0: nothing
// is held back. `progress` is called after each transaction; what it throws leaves the other cards
// to the next answers about them. Not found: there is no such platform.
std::int64_t accept_not_found(Store& store, const Context& context, std::int64_t platform,
                              Duration length,
                              const std::function<void(std::int64_t cards)>& progress = {});
void write_accepted_not_found(JsonText& json, std::int64_t platform, std::int64_t cards);

// How often a card platform was asked, and with which result: plain values for the metrics.

// Upper bounds of the duration of a request, in seconds.
inline constexpr std::array platform_seconds{0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};

struct PlatformCounts {
  std::uint64_t calls = 0;  // HTTP requests, log-ins among them
  std::array<std::uint64_t, service_fault_names.names.size()> faults{};  // by ServiceFault
  std::uint64_t found = 0;           // cards that the platform knows
  std::uint64_t not_found = 0;       // cards that the platform does not know
  std::uint64_t failed = 0;          // cards about which the answer was unusable
  std::uint64_t unknown_values = 0;  // values that the profile does not map
  Histogram<platform_seconds> seconds;
};

}  // namespace iotcard
