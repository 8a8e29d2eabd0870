// SPDX-License-Identifier: Apache-2.0
// Lists, page by page.
#include <fmt/core.h>

#include "api/card_query.h"
#include "api/device_query.h"
#include "api/handlers.h"
#include "api/list_page.h"
#include "api/rejected_query.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "operations/facets.h"
#include "operations/json.h"
#include "operations/quarantine.h"
#include "operations/report_series.h"
#include "operations/search.h"

namespace iotcard {
namespace {

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

}  // namespace

void handle_card_list(const Call& call, QueryReader& reader) {
  list_cards(call, reader, false);
}

void handle_card_abnormal(const Call& call, QueryReader& reader) {
  list_cards(call, reader, true);
}

void handle_card_facets(const Call& call, QueryReader& reader) {
  const CardQuery query = card_query_of(reader, call.context.now);
  const auto facets = card_facets_from(reader.text("facets").value_or(""));
  reader.finish();
  const Facets found = card_facets(call.store(), call.context, query, facets);
  respond_one(call.response, [&](JsonText& json) { write_facets(json, found); });
}

void handle_device_facets(const Call& call, QueryReader& reader) {
  const DeviceFilter filter = device_filter_of(reader, call.context.now);
  const auto facets = device_facets_from(reader.text("facets").value_or(""));
  reader.finish();
  const Facets found = device_facets(call.store(), filter, facets);
  respond_one(call.response, [&](JsonText& json) { write_facets(json, found); });
}

void handle_report_series(const Call& call, QueryReader& reader) {
  constexpr std::chrono::hours usual_span{24};
  const Instant now = call.context.now;
  const auto metric = reader.text("metric");
  const auto since = reader.time("since", now);
  const auto step = reader.text("step");
  reader.finish();
  const SeriesQuery query = series_query_from(metric.value_or("received"), step.value_or("5m"),
                                              since.value_or(now - usual_span), now);
  const ReportCurves curves = report_curves(call.store(), query, now);
  respond_one(call.response, [&](JsonText& json) { write_curves(json, curves); });
}

void handle_search(const Call& call, QueryReader& reader) {
  const auto text = reader.text("q");
  reader.finish();
  if (!text) throw wrong_parameter("q", "q: expected a text to look for");
  const SearchResult found = search(call.store(), *text);
  respond_one(call.response, [&](JsonText& json) { write_search(json, found, call.context); });
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

void handle_quarantine(const Call& call, QueryReader& reader) {
  const PageRequest page = reader.page();
  reader.finish();
  respond_page(call, quarantined_rows(call.store()), page, write_quarantined);
}

void handle_rejected_list(const Call& call, QueryReader& reader) {
  const RejectedQuery query = rejected_query_of(reader, call.context.now);
  const PageRequest page = reader.page();
  reader.finish();
  respond_page(call, rejected_rows(call.store(), call.context, query), page, write_rejected);
}

}  // namespace iotcard
