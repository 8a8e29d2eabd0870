// SPDX-License-Identifier: Apache-2.0
#include "api_requests.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>
#include <thread>

#include "api_client.h"
#include "api_operations.h"
#include "api_reading.h"
#include "api_reading_parts.h"
#include "terminal.h"

namespace iotcard {
namespace {

using Query = ApiClient::Query;

constexpr std::size_t most_cards = 1000;  // in one request: base/json_object.h
constexpr std::chrono::milliseconds next_look{500};

const PlatformRequest* find_request(const CardDetails& details, std::int64_t id) {
  const auto found = std::ranges::find(details.requests, id, &PlatformRequest::id);
  return found == details.requests.end() ? nullptr : &*found;
}

// The API waits for a while; after that this program asks every half second.
RequestedState wait_for_request(ApiClient& api, RequestedState state) {
  while (!state.request.done_at) {
    std::this_thread::sleep_for(next_look);
    const CardDetails details = api.get(path_of_card(state.request.iccid), {}, card_details_from);
    const PlatformRequest* request = find_request(details, state.request.id);
    if (request == nullptr) {
      throw never_asked(state.request);
    }
    state = {*request, details.card};
  }
  return state;
}

std::string batch_body(const CardBatch& batch, std::span<const Iccid> cards, bool dry_run) {
  JsonText json;
  json.begin_object().member("action", card_batch_names[batch.action]).key("iccids").begin_array();
  for (const Iccid& iccid : cards) json.text(iccid.text());
  json.end_array().member("dryRun", dry_run);
  if (batch.force) json.member("force", true);
  if (batch.action == CardBatch::Action::set) {
    write_fields(json, cards.front(), batch.fields, batch.zone);
  }
  return json.end_object().take();
}

}  // namespace

std::runtime_error never_asked(const PlatformRequest& request) {
  return std::runtime_error{
      fmt::format("card {} was removed, or moved to another platform, before platform {} was asked",
                  request.iccid.text(), request.platform)};
}

RequestedState request_platform_through_api(const Target& target, const Iccid& iccid,
                                            PlatformRequestKind kind) {
  ApiClient api{target};
  const std::string path =
      fmt::format("{}/{}", path_of_card(iccid), platform_request_kind_names[kind]);
  const bool acts = kind != PlatformRequestKind::refresh;
  try {
    RequestedState state =
        api.change("POST", path, {}, acts ? R"({"confirm":true})" : "", [](const JsonSlice& data) {
          return RequestedState{platform_request_from(data),
                                stored_card_from(JsonMembers{data}["card"])};
        });
    return wait_for_request(api, std::move(state));
  } catch (const ApiPlatformError&) {
    // The request is done and has failed; the card's details have it with its reason.
    const CardDetails details = api.get(path_of_card(iccid), {}, card_details_from);
    const auto failed = std::ranges::find_if(details.requests, [&](const PlatformRequest& one) {
      return one.kind == kind && !one.failure.empty();
    });
    if (failed == details.requests.end()) throw;
    return {*failed, details.card};
  }
}

std::vector<PlatformFacts> platforms_through_api(const Target& target) {
  ApiClient api{target};
  std::vector<PlatformFacts> all;
  each_row(api.list<PlatformFacts>("/platform/list", {}, platform_from, ApiClient::Paged::no),
           no_limit, [&](const PlatformFacts& facts) { all.push_back(facts); });
  return all;
}

ImportResult import_through_api(const Target& target, const std::string& csv,
                                const ImportOptions& options, const std::string& zone,
                                const ListOptions& list) {
  Query query;
  add_flag(query, "dryRun", options.dry_run);
  add_flag(query, "update", options.update);
  add_flag(query, "clearEmpty", options.clear_empty);
  add_flag(query, "trustZeros", options.trust_zeros);
  add_flag(query, "strict", options.strict);
  add_text(query, "zone", zone == "UTC" ? "" : zone);
  add_text(query, "map", list.map);
  add_text(query, "encoding", list.encoding);
  add_text(query, "delimiter", list.delimiter);
  return ApiClient{target}.upload("/card/import", query, csv, import_result_from);
}

BatchResult change_cards_through_api(const Target& target, const std::vector<Iccid>& cards,
                                     const CardBatch& batch, bool dry_run) {
  ApiClient api{target};
  BatchResult all;
  for (std::size_t begin = 0; begin < cards.size(); begin += most_cards) {
    if (interrupted()) {
      throw std::runtime_error{dry_run ? std::string{"interrupted; nothing was done"}
                                       : fmt::format("interrupted after {} of {} cards; those are "
                                                     "done",
                                                     begin, cards.size())};
    }
    const std::size_t count = std::min(most_cards, cards.size() - begin);
    const std::span<const Iccid> piece{cards.data() + begin, count};
    BatchResult done =
        api.change("POST", "/card/batch", {}, batch_body(batch, piece, dry_run), batch_result_from);
    all.matching += done.matching;
    all.done += done.done;
    std::ranges::move(done.failed, std::back_inserter(all.failed));
    std::ranges::move(done.spelled, std::back_inserter(all.spelled));
  }
  return all;
}

CardLookup look_up_cards_through_api(const Target& target, const IccidList& list) {
  ApiClient api{target};
  CardLookup all{.invalid = list.failed};
  for (std::size_t begin = 0; begin < list.iccids.size(); begin += max_lookup) {
    const std::size_t count = std::min(max_lookup, list.iccids.size() - begin);
    JsonText body;
    body.begin_object().key("iccids").begin_array();
    for (const Iccid& iccid : std::span{list.iccids}.subspan(begin, count)) {
      body.text(iccid.text());
    }
    body.end_array().end_object();
    CardLookup part = api.change("POST", "/card/lookup", {}, body.take(), card_lookup_from);
    std::ranges::move(part.found, std::back_inserter(all.found));
    std::ranges::move(part.near, std::back_inserter(all.near));
    std::ranges::move(part.unknown, std::back_inserter(all.unknown));
  }
  return all;
}

SearchResult search_through_api(const Target& target, const std::string& text) {
  return ApiClient{target}.get("/search", {{"q", text}}, [](const JsonSlice& data) {
    const JsonMembers json{data};
    SearchResult result{.more_cards = json["more_cards"].boolean(),
                        .more_devices = json["more_devices"].boolean()};
    for (const JsonSlice& card : json["cards"].items()) {
      result.cards.push_back(stored_card_from(card));
    }
    for (const JsonSlice& device : json["devices"].items()) {
      result.devices.push_back(listed_device_from(device));
    }
    return result;
  });
}

std::int64_t accept_not_found_through_api(const Target& target, std::int64_t platform) {
  return ApiClient{target}.change(
      "POST", fmt::format("/platform/{}/accept-not-found", platform), {}, "",
      [](const JsonSlice& data) { return JsonMembers{data}.integer("accepted"); });
}

Explanation explain_through_api(const Target& target, const std::string& payload,
                                const std::string& topic, const std::string& device) {
  Query query;
  add_text(query, "topic", topic);
  add_text(query, "device", device);
  return ApiClient{target}.change("POST", "/report/explain", query, payload, explanation_from);
}

RemoteStatus status_through_api(const Target& target) {
  return ApiClient{target}.get("/status", {}, [](const JsonSlice& data) {
    return RemoteStatus{status_from(data), std::string{data.raw()}};
  });
}

Findings findings_through_api(const Target& target) {
  return ApiClient{target}.get(
      "/doctor", {}, [](const JsonSlice& data) -> Findings { return all(data, finding_from); });
}

SettingsInForce settings_through_api(const Target& target) {
  return ApiClient{target}.get("/settings", {}, settings_from);
}

std::string ask_device_through_api(const Target& target, const DeviceKey& device, bool force) {
  JsonText body;
  body.begin_object().member("force", force).end_object();
  return ApiClient{target}.change(
      "POST", path_of_device(device) + "/ask", {}, body.take(),
      [](const JsonSlice& data) { return JsonMembers{data}["topic"].text(); });
}

}  // namespace iotcard
