// SPDX-License-Identifier: Apache-2.0
// Lists, page by page.
#include "api/card_query.h"
#include "api/envelope.h"
#include "api/handlers.h"
#include "operations/json.h"

namespace iotcard {
namespace {

template <typename Row, typename Write>
void respond_page(const Call& call, const ListPage<Row>& page, const Write& write) {
  JsonText json;
  json.begin_array();
  for (const Row& row : page.rows) write(json, row);
  json.end_array();
  respond_list(call.response, page.total, json.view());
}

void list_cards(const Call& call, bool abnormal) {
  QueryReader reader{call.request};
  CardListing listing = card_listing_of(reader, call.context);
  reader.finish();
  if (abnormal) listing.query.abnormal = true;
  respond_page(
      call, card_page(call.store(), call.context, listing.query, listing.page, call.pages),
      [&](JsonText& json, const StoredCard& card) { write_card(json, card, call.context); });
}

std::optional<DeviceKey> device_filter(QueryReader& reader) {
  const auto product = reader.text("product");
  const auto number = reader.text("device");
  if (!product && !number) return std::nullopt;
  if (!product || !number) throw ApiError{400, "product and device: expected both, or neither"};
  return DeviceKey{*product, *number};
}

std::optional<Outcome> outcome_filter(QueryReader& reader) {
  const auto kind = reader.text("kind");
  if (!kind) return std::nullopt;
  std::string known;
  for (const Outcome outcome : mismatch_outcomes) {
    const std::string_view name = outcome_name(outcome);  // "mismatch.card_unknown"
    const std::string_view short_name = name.substr(name.find('.') + 1);
    if (*kind == name || *kind == short_name) return outcome;
    known.append(known.empty() ? "" : ", ").append(short_name);
  }
  throw ApiError{400, "kind: expected one of " + known};
}

}  // namespace

void handle_card_list(const Call& call) {
  list_cards(call, false);
}

void handle_card_abnormal(const Call& call) {
  list_cards(call, true);
}

void handle_card_history(const Call& call) {
  const Iccid iccid = iccid_of(call.request);
  QueryReader reader{call.request};
  const PageRequest page = page_of(reader);
  reader.finish();
  respond_page(call, binding_page(call.store(), iccid, page), write_binding);
}

void handle_device_list(const Call& call) {
  QueryReader reader{call.request};
  DeviceFilter filter;
  filter.product = reader.text("product").value_or("");
  filter.number_prefix = reader.text("device").value_or("");
  filter.bound = reader.boolean("bound");
  const PageRequest page = page_of(reader);
  reader.finish();
  respond_page(call, device_page(call.store(), filter, page, call.pages),
               [](JsonText& json, const DeviceRow& row) { write_device(json, row); });
}

void handle_mismatch_list(const Call& call) {
  QueryReader reader{call.request};
  MismatchFilter filter;
  filter.state = reader.choice("state", mismatch_state_names);
  filter.outcome = outcome_filter(reader);
  filter.device = device_filter(reader);
  const bool over = filter.state && *filter.state != MismatchState::open &&
                    *filter.state != MismatchState::dismissed;
  filter.standing_only = !reader.boolean("all").value_or(false) && !over;
  const auto order = reader.page({"id"});
  filter.newest_first = !order.ascending;
  reader.finish();
  const PageRequest page{order.number, static_cast<int>(order.size)};
  respond_page(call, mismatch_page(call.store(), filter, page, call.pages), write_mismatch);
}

void handle_rejected_list(const Call& call) {
  QueryReader reader{call.request};
  const RejectedFilter filter{reader.choice("reason", rejection_reason_names)};
  const PageRequest page = page_of(reader);
  reader.finish();
  respond_page(call, rejected_page(call.store(), filter, page, call.pages), write_rejected);
}

}  // namespace iotcard
