// SPDX-License-Identifier: Apache-2.0
// Rejected reports: how they are chosen, their counts, the payload of one, and deciding one again.
#include <fmt/core.h>

#include "api/handlers.h"
#include "api/rejected_query.h"
#include "operations/replay/replay.h"

namespace iotcard {

EnumSet<RejectionReason> rejection_reasons_of(QueryReader& reader) {
  const auto names = reader.text("reason");
  if (!names) return {};
  try {
    return rejection_reasons_from(*names);
  } catch (const OperationError& error) {
    throw wrong_parameter("reason", fmt::format("reason: {}", error.what()));
  }
}

RejectedQuery rejected_query_of(QueryReader& reader, Instant now) {
  RejectedQuery query{.filter = {.reasons = rejection_reasons_of(reader)}};
  if (const auto device = reader.text("device")) {
    query.device = DeviceKey::parse(*device);
    if (!query.device) throw wrong_parameter("device", "device: expected PRODUCT/NUMBER");
  }
  query.filter.topic_part = reader.text("topic").value_or("");
  query.filter.since = reader.time("since", now);
  query.filter.before = reader.time("until", now);
  return query;
}

void handle_rejected_statistics(const Call& call) {
  respond_one(call.response,
              [&](JsonText& json) { write_rejected_statistics(json, call.store()); });
}

// As it came, so a browser must neither show it nor guess what it is.
void handle_rejected_payload(const Call& call) {
  const RejectedReport rejected = require_rejected(call.store(), id_of(call.request));
  call.response.content_type = "application/octet-stream";
  call.response.headers.emplace_back(
      "Content-Disposition", fmt::format("attachment; filename=\"rejected-{}.bin\"", rejected.id));
  call.response.body = rejected.report.payload;
}

void handle_rejected_replay(const Call& call, QueryReader& reader, JsonBody& body) {
  const bool dry_run = reader.boolean("dryRun").value_or(false);
  reader.finish();
  body.finish();
  const ReplayedOne replayed =
      replay_one_rejected(call.store(), call.context, id_of(call.request), dry_run);
  respond_one(call.response, [&](JsonText& json) { write_replayed_one(json, replayed); });
}

}  // namespace iotcard
