// SPDX-License-Identifier: Apache-2.0
// api_requests.h - Requests to the API of a daemon that have no twin in operations.h: to card
// platforms, imports, changes of many cards, and asking a device. Throws as
// api_client.h. The main thread only.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "operations/card_batch.h"
#include "operations/card_import.h"
#include "operations/card_lookup.h"
#include "operations/search.h"
#include "operations/explain.h"
#include "operations/list_options.h"
#include "operations/platform_operations.h"
#include "operations/status.h"
#include "program.h"

namespace iotcard {

// The card left the platform before that was asked.
std::runtime_error never_asked(const PlatformRequest& request);

struct RequestedState {
  PlatformRequest request;
  StoredCard card;  // as the daemon knows it afterwards
};
// Waits until the platform has answered, or the request has failed.
RequestedState request_platform_through_api(const Target& target, const Iccid& iccid,
                                            PlatformRequestKind kind);
std::vector<PlatformFacts> platforms_through_api(const Target& target);

// `zone` and `list` as the operator typed them; a mapping is one that the daemon knows by name.
ImportResult import_through_api(const Target& target, const std::string& csv,
                                const ImportOptions& options, const std::string& zone,
                                const ListOptions& list);

// The change of cards that are named one by one, in pieces that the API takes. Not for requests to
// platforms.
BatchResult change_cards_through_api(const Target& target, const std::vector<Iccid>& cards,
                                     const CardBatch& batch, bool dry_run);

CardLookup look_up_cards_through_api(const Target& target, const IccidList& list);

SearchResult search_through_api(const Target& target, const std::string& text);

// How many cards became not_found: accept_not_found() of operations/platform_operations.h.
std::int64_t accept_not_found_through_api(const Target& target, std::int64_t platform);

// How the daemon would read a payload; "": no topic.
Explanation explain_through_api(const Target& target, const std::string& payload,
                                const std::string& topic, const std::string& device);
struct RemoteStatus {
  StatusReport report;
  std::string json;  // as the daemon sent it
};
RemoteStatus status_through_api(const Target& target);
Findings findings_through_api(const Target& target);
SettingsInForce settings_through_api(const Target& target);

// The topic on which the daemon has asked the device.
std::string ask_device_through_api(const Target& target, const DeviceKey& device, bool force);

}  // namespace iotcard
