// SPDX-License-Identifier: Apache-2.0
// Many cards at once: the export of those that a filter fits, and one change of many.
#include <fmt/core.h>

#include <optional>
#include <utility>
#include <vector>

#include "api/card_query.h"
#include "api/device_query.h"
#include "api/handlers.h"
#include "api/list_page.h"
#include "base/text.h"
#include "operations/card_batch.h"
#include "operations/card_export.h"
#include "operations/card_lookup.h"
#include "operations/device_export.h"
#include "operations/json.h"

namespace iotcard {
namespace {

CardBatch::Action action_of(JsonBody& body) {
  const auto action = card_batch_names.find(body.required_text("action"));
  if (action) return *action;
  throw wrong_parameter("action", "action: expected one of " + join(card_batch_names.names, ", "));
}

// The cards of the body, or all that the filter of the query fits.
SelectedCards selected_cards(const Call& call, const CardQuery& query,
                             const std::optional<std::vector<std::string>>& iccids,
                             const std::optional<std::int64_t>& expected, bool dry_run) {
  if (iccids.has_value() == query.filters()) {
    throw ApiError{400, "expected iccids in the body, or filters in the query, not both"};
  }
  if (!iccids && !expected && !dry_run) {
    throw ApiError{400,
                   "expected: how many cards the filters fit; a dry run says it as \"matching\""};
  }
  SelectedCards selected;
  if (iccids) {
    IccidList list;
    for (const std::string& text : *iccids) list.iccids.push_back(iccid_from_operator(text));
    selected = select_cards(call.store(), list);
  } else {
    selected = select_cards(call.store(), call.context, query);
  }
  if (expected && !dry_run) require_count(std::ssize(selected.cards), *expected, "card");
  return selected;
}

}  // namespace

void handle_card_export(const Call& call, QueryReader& reader) {
  const CardQuery query = card_query_of(reader, call.context.now);
  const auto names = reader.text("columns");
  reader.finish();
  const CardColumns columns = names ? card_columns_from_operator(*names) : CardColumns{};
  // The list is made first: a wrong filter is an answer 400.
  respond_csv(call.response, "cards.csv",
              [list = card_rows(call.store(), call.context, query), context = call.context,
               columns](const WriteBytes& write) {
                export_cards(
                    list, context, ExportFormat::csv,
                    [&](std::string_view text, std::int64_t) { return write(text); }, columns);
              });
}

void handle_card_lookup(const Call& call, JsonBody& body) {
  const auto iccids = body.texts("iccids");
  body.finish();
  if (!iccids) throw wrong_parameter("iccids", "iccids: expected an array of ICCIDs in the body");
  if (iccids->size() > max_lookup) {
    throw wrong_parameter("iccids", fmt::format("iccids: expected at most {}", max_lookup));
  }
  IccidList list;
  for (const std::string& text : *iccids) add_iccid(list, text);
  const CardLookup lookup = look_up_cards(call.store(), list);
  respond_one(call.response, [&](JsonText& json) { write_lookup(json, lookup, call.context); });
}

void handle_device_export(const Call& call, QueryReader& reader) {
  const DeviceFilter filter = device_filter_of(reader, call.context.now);
  reader.finish();
  respond_csv(call.response, "devices.csv",
              [list = device_rows(call.store(), filter)](const WriteBytes& write) {
                export_devices(list, write);
              });
}

void handle_card_batch(const Call& call, QueryReader& reader, JsonBody& body) {
  const CardQuery query = card_query_of(reader, call.context.now);
  reader.finish();
  CardBatch batch{.action = action_of(body)};
  const auto iccids = body.texts("iccids");
  const auto expected = body.integer("expected");
  const bool dry_run = body.boolean("dryRun").value_or(false);
  batch.force = body.boolean("force").value_or(false);
  if (batch.action == CardBatch::Action::set) {
    batch.fields = field_changes(body.others());
  } else {
    body.finish();
  }
  SelectedCards selected = selected_cards(call, query, iccids, expected, dry_run);
  const auto copy = dry_run ? call.store().scratch_copy() : nullptr;
  const BatchResult result = change_cards(
      copy ? *copy : call.store(), call.context, batch, std::move(selected),
      {.scratch = dry_run, .progress = [&](std::int64_t cards, std::int64_t of) {
         if (!call.stopping || cards == of) return;
         throw ApiError{503,
                        {ErrorKey::stopping},
                        fmt::format("the daemon ends; {} of {} cards are done", cards, of)};
       }});
  const bool waits = asks_platform(batch.action) && !dry_run;
  if (waits) call.host.notify_platforms();
  respond_one(
      call.response, [&](JsonText& json) { write_batch(json, result, dry_run); },
      waits ? 202 : 200);
}

}  // namespace iotcard
