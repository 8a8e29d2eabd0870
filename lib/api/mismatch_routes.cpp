// SPDX-License-Identifier: Apache-2.0
// Mismatches: their lists and counts, one of them, and what becomes of one or of many.
#include <fmt/core.h>

#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "api/handlers.h"
#include "api/list_page.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "operations/json.h"
#include "operations/mismatch_export.h"

namespace iotcard {
namespace {

// What an operation says of a parameter, with its name.
template <typename Read>
auto read_names(std::string_view name, const std::string& text, const Read& read) {
  try {
    return read(text);
  } catch (const OperationError& error) {
    throw wrong_parameter(name, fmt::format("{}: {}", name, error.what()));
  }
}

// Without `all` and states: standing ones. `selects`: any parameter was given.
struct MismatchQuery {
  MismatchFilter filter{};
  bool selects = false;
};
MismatchQuery mismatch_query_of(QueryReader& reader, Instant now) {
  MismatchFilter filter;
  if (const auto states = reader.text("state")) {
    filter.states = read_names("state", *states, mismatch_states_from);
  }
  if (const auto kinds = reader.text("kind")) {
    filter.kinds = read_names("kind", *kinds, mismatch_kinds_from);
  }
  filter.product = reader.text("product").value_or("");
  if (const auto number = reader.text("device")) {
    if (filter.product.empty())
      throw wrong_parameter("device", "device: expected together with product");
    filter.device = DeviceKey{std::exchange(filter.product, ""), *number};
  }
  filter.suspect = reader.choice("suspect", suspect_names);
  filter.platform = reader.integer("platform", 1, std::numeric_limits<std::int64_t>::max());
  filter.iccid_prefix = to_upper(reader.text("iccid").value_or(""));
  filter.text = reader.text("text").value_or("");
  filter.since = reader.time("since", now);
  filter.until = reader.time("until", now);
  const bool selects = filter != MismatchFilter{};
  const bool all = reader.boolean("all").value_or(false);
  filter.standing_only = filter.states.empty() && !all;
  if (filter.since || filter.until) filter.order = MismatchOrder::first_seen;
  return {filter, selects};
}

// The mismatches of the body, or all that the filters of the query fit.
SelectedMismatches selected_mismatches(const Call& call, const MismatchQuery& query,
                                       const std::optional<std::vector<std::int64_t>>& ids,
                                       const std::optional<std::int64_t>& expected,
                                       MismatchBatch::Action action, bool dry_run) {
  if (ids.has_value() == query.selects) {
    throw ApiError{400, "expected ids in the body, or filters in the query, not both"};
  }
  if (ids && ids->size() > max_mismatch_ids) {
    throw wrong_parameter("ids", fmt::format("ids: expected at most {}", max_mismatch_ids));
  }
  if (!ids && !expected && !dry_run) {
    throw ApiError{400,
                   "expected: how many mismatches the filters fit; a dry run says it as "
                   "\"matching\""};
  }
  SelectedMismatches selected;
  if (ids) {
    for (const std::int64_t id : *ids) add_id(selected, std::to_string(id));
  } else {
    selected = select_mismatches(call.store(), query.filter, action);
  }
  if (expected && !dry_run) require_count(std::ssize(selected.ids), *expected, "mismatch");
  return selected;
}

void settle_many(const Call& call, QueryReader& reader, JsonBody& body,
                 MismatchBatch::Action action) {
  const MismatchQuery query = mismatch_query_of(reader, call.context.now);
  reader.finish();
  const auto ids = body.integers("ids");
  const auto expected = body.integer("expected");
  const bool dry_run = body.boolean("dryRun").value_or(false);
  MismatchBatch batch{.action = action};
  if (action != MismatchBatch::Action::reopen) batch.reason = body.text("reason").value_or("");
  body.finish();
  SelectedMismatches selected = selected_mismatches(call, query, ids, expected, action, dry_run);
  const auto copy = dry_run ? call.store().scratch_copy() : nullptr;
  const MismatchBatchResult result = settle_mismatches(
      copy ? *copy : call.store(), call.context, batch, std::move(selected),
      {.scratch = dry_run, .progress = [&](std::int64_t rows, std::int64_t of) {
         if (!call.stopping || rows == of) return;
         throw ApiError{503,
                        {ErrorKey::stopping},
                        fmt::format("the daemon ends; {} of {} mismatches are done", rows, of)};
       }});
  respond_one(call.response, [&](JsonText& json) { write_batch(json, result, dry_run); });
}

void respond_mismatch(const Call& call, const Mismatch& mismatch) {
  respond_one(call.response, [&](JsonText& json) { write_mismatch(json, mismatch); });
}

}  // namespace

void handle_mismatch_list(const Call& call, QueryReader& reader) {
  MismatchFilter filter = mismatch_query_of(reader, call.context.now).filter;
  const OrderedPage order =
      reader.ordered_page({mismatch_order_names.names.begin(), mismatch_order_names.names.end()});
  reader.finish();
  if (const auto column = mismatch_order_names.find(order.order_by)) filter.order = *column;
  filter.newest_first = !order.ascending;
  respond_page(call, mismatch_rows(call.store(), filter), order.page,
               [](JsonText& json, const Mismatch& mismatch) { write_mismatch(json, mismatch); });
}

void handle_mismatch_statistics(const Call& call) {
  const std::vector<MismatchCount> counts = count_mismatch_groups(call.store());
  respond_one(call.response, [&](JsonText& json) { write_mismatch_counts(json, counts); });
}

void handle_mismatch_export(const Call& call, QueryReader& reader) {
  const MismatchFilter filter = mismatch_query_of(reader, call.context.now).filter;
  reader.finish();
  respond_csv(call.response, "mismatches.csv",
              [list = mismatch_rows(call.store(), filter)](const WriteBytes& write) {
                export_mismatches(list, write);
              });
}

void handle_mismatch(const Call& call) {
  const MismatchDetails details = describe_mismatch(call.store(), id_of(call.request));
  respond_one(call.response, [&](JsonText& json) { write_mismatch(json, details, call.context); });
}

void handle_mismatch_accept(const Call& call, JsonBody& body) {
  const auto card = body.text("card");
  const std::string reason = body.text("reason").value_or("");
  body.finish();
  std::optional<Iccid> wanted;
  if (card && !card->empty()) wanted = iccid_from_operator(*card);
  const Acceptance accepted =
      accept_mismatch(call.store(), call.context, id_of(call.request), wanted, reason);
  respond_one(call.response, [&](JsonText& json) { write_acceptance(json, accepted); });
}

void handle_mismatch_dismiss(const Call& call, JsonBody& body) {
  const std::string reason = body.text("reason").value_or("");
  body.finish();
  respond_mismatch(call, dismiss_mismatch(call.store(), call.context, id_of(call.request), reason));
}

void handle_mismatch_reopen(const Call& call, JsonBody& body) {
  body.finish();
  respond_mismatch(call, reopen_mismatch(call.store(), call.context, id_of(call.request)));
}

void handle_mismatches_accept(const Call& call, QueryReader& reader, JsonBody& body) {
  settle_many(call, reader, body, MismatchBatch::Action::accept);
}
void handle_mismatches_dismiss(const Call& call, QueryReader& reader, JsonBody& body) {
  settle_many(call, reader, body, MismatchBatch::Action::dismiss);
}
void handle_mismatches_reopen(const Call& call, QueryReader& reader, JsonBody& body) {
  settle_many(call, reader, body, MismatchBatch::Action::reopen);
}

}  // namespace iotcard
