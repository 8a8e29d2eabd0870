// SPDX-License-Identifier: Apache-2.0
// api_reading.h - What operations/json.h writes, read back into the same values: so a verb prints
// what the API of a daemon answers as it prints what it found in a store. What JSON does not say is
// left as it is by default. Each throws JsonSliceError for what does not fit. Pure; any thread.
#pragma once

#include "json_slice.h"
#include "operations/binding_operations.h"
#include "operations/card_batch.h"
#include "operations/card_import.h"
#include "operations/card_lookup.h"
#include "operations/device_operations.h"
#include "operations/explain.h"
#include "operations/listing.h"
#include "operations/mismatch_batch.h"
#include "operations/platform_operations.h"
#include "operations/rejected_operations.h"
#include "operations/settings.h"
#include "operations/status.h"

namespace iotcard {

// `announced` has the reasons for which the daemon calls the card abnormal now.
StoredCard stored_card_from(const JsonSlice& json);
CardDetails card_details_from(const JsonSlice& json);
ListedDevice listed_device_from(const JsonSlice& json);
DeviceDetails device_details_from(const JsonSlice& json);
Binding binding_from(const JsonSlice& json);
BindResult bind_result_from(const JsonSlice& json);
// Of all cards that were removed.
std::vector<Binding> released_from(const JsonSlice& json);
Mismatch mismatch_from(const JsonSlice& json);
MismatchDetails mismatch_details_from(const JsonSlice& json);
std::vector<MismatchCount> mismatch_counts_from(const JsonSlice& json);
MismatchBatchResult mismatch_batch_result_from(const JsonSlice& json);
Acceptance acceptance_from(const JsonSlice& json);
RejectedReport rejected_from(const JsonSlice& json);
QuarantinedEvent quarantined_from(const JsonSlice& json);
PlatformFacts platform_from(const JsonSlice& json);
PlatformRequest platform_request_from(const JsonSlice& json);
// Without the requests to platforms.
BatchResult batch_result_from(const JsonSlice& json);
CardLookup card_lookup_from(const JsonSlice& json);  // without what is no ICCID
DeviceRemoval device_removal_from(const JsonSlice& json);
RejectedRemoval rejected_removal_from(const JsonSlice& json);
Explanation explanation_from(const JsonSlice& json);
Finding finding_from(const JsonSlice& json);
SettingsInForce settings_from(const JsonSlice& json);
// What the status verb prints; all daemons are among the others.
StatusReport status_from(const JsonSlice& json);
ImportResult import_result_from(const JsonSlice& json);

}  // namespace iotcard
