// SPDX-License-Identifier: Apache-2.0
// Lists, page by page.
#include <fmt/core.h>

#include "api/card_query.h"
#include "api/device_query.h"
#include "api/handlers.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "operations/json.h"
#include "operations/quarantine.h"

namespace iotcard {
namespace {

template <typename Row, typename Write>
void respond_page(const Call& call, const RowList<Row>& list, const PageRequest& request,
                  const Write& write) {
  const ListPage<Row> page = page_of(list, request);
  JsonText json;
  json.begin_array();
  for (const Row& row : page.rows) write(json, row);
  json.end_array();
  respond_list(call.response,
               {page.total.rows, page.total.is_lower_bound, page.next_cursor, page.is_partial},
               json.view());
}

// Replaces an order that a filter has chosen.
PageRequest read_page(QueryReader& reader, CardFilter& filter) {
  std::vector<std::string_view> columns{card_order_names.names.begin(),
                                        card_order_names.names.end()};
  columns.emplace_back("usage");  // another name of used_share
  const OrderedPage page = reader.ordered_page(columns);
  if (!page.order_by.empty()) {
    const auto order = card_order_names.find(page.order_by);  // none: it is usage
    filter.order = order.value_or(CardOrder::used_share);
    filter.descending = false;
  }
  if (page.says_direction) filter.descending = !page.ascending;
  return page.page;
}

void list_cards(const Call& call, QueryReader& reader, bool abnormal) {
  CardQuery query = card_query_of(reader, call.context.now);
  const PageRequest page = read_page(reader, query.filter);
  reader.finish();
  if (abnormal) query.abnormal = true;
  respond_page(
      call, card_rows(call.store(), call.context, query), page,
      [&](JsonText& json, const StoredCard& card) { write_card(json, card, call.context); });
}

std::optional<Outcome> outcome_filter(QueryReader& reader) {
  const auto kind = reader.text("kind");
  if (!kind) return std::nullopt;
  if (const auto outcome = mismatch_named(*kind)) return outcome;
  throw ApiError{400, "kind: expected one of " + join(mismatch_outcomes, ", ", short_name)};
}

}  // namespace

void handle_card_list(const Call& call, QueryReader& reader) {
  list_cards(call, reader, false);
}

void handle_card_abnormal(const Call& call, QueryReader& reader) {
  list_cards(call, reader, true);
}

void handle_card_history(const Call& call, QueryReader& reader) {
  const Iccid iccid = iccid_of(call.request);
  const PageRequest page = reader.page();
  reader.finish();
  respond_page(call, binding_rows(call.store(), iccid), page, write_binding);
}

void handle_card_changes(const Call& call, QueryReader& reader) {
  const Iccid iccid = iccid_of(call.request);
  const PageRequest page = reader.page();
  reader.finish();
  respond_page(call, change_rows(call.store(), iccid), page, write_change);
}

void handle_device_list(const Call& call, QueryReader& reader) {
  DeviceFilter filter = device_filter_of(reader, call.context.now);
  const OrderedPage page =
      reader.ordered_page({device_order_names.names.begin(), device_order_names.names.end()});
  reader.finish();
  if (!page.order_by.empty()) filter.order = device_order_names.find(page.order_by).value();
  filter.descending = !page.ascending;
  respond_page(call, device_rows(call.store(), filter), page.page,
               [](JsonText& json, const ListedDevice& device) { write_device(json, device); });
}

void handle_mismatch_list(const Call& call, QueryReader& reader) {
  MismatchFilter filter;
  filter.state = reader.choice("state", mismatch_state_names);
  filter.outcome = outcome_filter(reader);
  filter.device = device_of(reader);
  const bool over = filter.state && *filter.state != MismatchState::open &&
                    *filter.state != MismatchState::dismissed;
  filter.standing_only = !reader.boolean("all").value_or(false) && !over;
  const OrderedPage order = reader.ordered_page({"id"});
  filter.newest_first = !order.ascending;
  reader.finish();
  respond_page(call, mismatch_rows(call.store(), filter), order.page, write_mismatch);
}

void handle_quarantine(const Call& call, QueryReader& reader) {
  const PageRequest page = reader.page();
  reader.finish();
  respond_page(call, quarantined_rows(call.store()), page, write_quarantined);
}

void handle_rejected_list(const Call& call, QueryReader& reader) {
  const RejectedFilter filter{reader.choice("reason", rejection_reason_names)};
  const PageRequest page = reader.page();
  reader.finish();
  respond_page(call, rejected_rows(call.store(), filter), page, write_rejected);
}

}  // namespace iotcard
