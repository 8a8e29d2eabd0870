// SPDX-License-Identifier: Apache-2.0
// One card, its changes, and what there is to say about all of them.
#include <fmt/core.h>

#include <algorithm>

#include "api/card_query.h"
#include "api/envelope.h"
#include "api/route.h"
#include "base/text.h"
#include "operations/card_export.h"
#include "operations/card_operations.h"
#include "operations/card_state.h"
#include "operations/json.h"

namespace iotcard {
namespace {

constexpr std::size_t max_removed = 100;  // cards in one request

void respond_card(const Call& call, const StoredCard& card, int status = 200) {
  JsonText json;
  write_card(json, card, call.context);
  respond_one(call.response, json.view(), status);
}

void show(const Call& call) {
  QueryReader{call.request}.finish();
  JsonText json;
  write_card(json, describe_card(call.store(), iccid_of(call.request)), call.context);
  respond_one(call.response, json.view());
}

void add(const Call& call) {
  QueryReader{call.request}.finish();
  JsonBody body{call.request};
  const Iccid iccid = iccid_from_operator(body.required_text("iccid"));
  respond_card(call, add_card(call.store(), call.context, iccid, field_changes(body.others())),
               201);
}

void set(const Call& call) {
  QueryReader{call.request}.finish();
  const JsonBody body{call.request};
  const Iccid iccid = iccid_of(call.request);
  respond_card(call, set_card(call.store(), call.context, iccid, field_changes(body.others())));
}

// For a script that knows a platform which no profile covers.
void set_state(const Call& call) {
  QueryReader{call.request}.finish();
  const Iccid iccid = iccid_of(call.request);
  respond_card(call, set_card_state(call.store(), call.context, iccid,
                                    card_state_from_json(call.request.body)));
}

std::vector<Iccid> iccids_of(std::string_view text) {
  if (text.ends_with(',')) text.remove_suffix(1);
  const std::vector<std::string_view> parts = split(text, ',');
  if (parts.size() > max_removed) {
    throw ApiError{400, fmt::format("expected at most {} cards at once", max_removed)};
  }
  std::vector<Iccid> iccids;
  for (const std::string_view part : parts) {
    Iccid iccid = iccid_from_operator(part);
    const bool again = std::find(iccids.begin(), iccids.end(), iccid) != iccids.end();
    if (!again) iccids.push_back(std::move(iccid));
  }
  return iccids;
}

void remove(const Call& call) {
  QueryReader reader{call.request};
  const bool force = reader.boolean("force").value_or(false);
  reader.finish();
  const std::vector<Iccid> iccids = iccids_of(call.request.part("iccids"));
  remove_cards(call.store(), call.context, iccids, force);
  JsonText json;
  json.begin_array();
  for (const Iccid& iccid : iccids) write_removed(json, iccid);
  json.end_array();
  respond_one(call.response, json.view());
}

void statistics(const Call& call) {
  QueryReader reader{call.request};
  const auto top = static_cast<int>(reader.integer("top", 0, 100).value_or(10));
  reader.finish();
  JsonText json;
  write_statistics(json, describe_statistics(call.store(), call.context),
                   describe_origins(call.store()), top_usage(call.store(), top), call.context);
  respond_one(call.response, json.view());
}

void download(const Call& call) {
  QueryReader{call.request}.finish();
  call.response.content_type = "text/csv; charset=utf-8";
  call.response.headers.emplace_back("Content-Disposition", "attachment; filename=\"cards.csv\"");
  call.response.stream = [&store = call.store(), context = call.context](const WriteBytes& write) {
    export_cards(store, context, {}, write);
  };
}

}  // namespace

void add_card_routes(std::vector<Route>& routes) {
  const auto read = [&](std::string_view pattern, StoreUse use,
                        std::function<void(const Call&)> handle) {
    routes.push_back({Method::get, pattern, Scope::read, use, BodyKind::none, std::move(handle)});
  };
  const auto change = [&](Method method, std::string_view pattern, BodyKind body,
                          std::function<void(const Call&)> handle) {
    routes.push_back({method, pattern, Scope::write, StoreUse::write, body, std::move(handle)});
  };
  read("/card/statistics", StoreUse::list, statistics);
  read("/card/export", StoreUse::download, download);
  read("/card/{iccid}", StoreUse::read, show);
  change(Method::post, "/card", BodyKind::json, add);
  change(Method::put, "/card/{iccid}", BodyKind::json, set);
  change(Method::post, "/card/{iccid}/state", BodyKind::json, set_state);
  change(Method::remove, "/card/{iccids}", BodyKind::none, remove);
}

}  // namespace iotcard
