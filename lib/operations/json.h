// SPDX-License-Identifier: Apache-2.0
// json.h - The JSON in which an operator sees what the store holds: one spelling for the command
// line and the HTTP API, and a contract for both. Each function writes one value, an object on one
// line. A field without a value is null; an ICCID is always a string; bytes that are not UTF-8 are
// in base64 under another name. Pure; any thread.
#pragma once

#include "base/base64.h"
#include "base/json_text.h"
#include "operations/binding_operations.h"
#include "operations/card_batch.h"
#include "operations/card_import.h"
#include "operations/device_operations.h"
#include "operations/listing.h"
#include "operations/mismatch_batch.h"
#include "operations/platform_operations.h"
#include "operations/statistics.h"

namespace iotcard {

// A card's fields with the binding and the reasons that make it abnormal now.
void write_card(JsonText& json, const StoredCard& card, const Context& context);
void write_card(JsonText& json, const CardDetails& details, const Context& context);
void write_device(JsonText& json, const ListedDevice& device);
void write_device(JsonText& json, const DeviceDetails& details, const Context& context);
void write_binding(JsonText& json, const Binding& binding);
void write_change(JsonText& json, const LoggedChange& change);
void write_mismatch(JsonText& json, const Mismatch& mismatch);
void write_mismatch(JsonText& json, const MismatchDetails& details, const Context& context);
// What accepting would do, for this device.
void write_plan(JsonText& json, const AcceptancePlan& plan, const DeviceKey& device);
void write_mismatch_counts(JsonText& json, const std::vector<MismatchCount>& counts);
void write_rejected(JsonText& json, const RejectedReport& rejected);
void write_rejection(JsonText& json, const Rejection& rejection);  // reason and offset
// With the cards that have used most.
void write_statistics(JsonText& json, const StoreStatistics& statistics, const CardOrigins& origins,
                      const std::vector<StoredCard>& top, const Context& context);
void write_platform(JsonText& json, const PlatformFacts& facts);
// With the card as it is now.
void write_platform_request(JsonText& json, const PlatformRequest& request, const StoredCard& card,
                            const Context& context);
// What operations came to.
// The binding, whether it is new, and what ended for it.
void write_bind_result(JsonText& json, const BindResult& result);
void write_acceptance(JsonText& json, const Acceptance& acceptance);
// `released`: the bindings that ended, also of other cards that were removed with it.
void write_removed(JsonText& json, const Iccid& iccid, const std::vector<Binding>& released);
void write_removed(JsonText& json, const DeviceRemoval& removal);
void write_batch(JsonText& json, const BatchResult& result, bool dry_run);
void write_batch(JsonText& json, const MismatchBatchResult& result, bool dry_run);
void write_import(JsonText& json, const ImportResult& result, bool dry_run);

// The same JSON value without white space between its tokens.
std::string on_one_line(std::string_view json);

}  // namespace iotcard
