// SPDX-License-Identifier: Apache-2.0
// One card, its changes and its binding; statistics of cards, and requests to platforms.
#include <fmt/core.h>

#include "api/handlers.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "operations/binding_operations.h"
#include "operations/card_operations.h"
#include "operations/card_state.h"
#include "operations/json.h"
#include "operations/platform_operations.h"

namespace iotcard {
namespace {

constexpr std::size_t max_removed = 100;  // cards in one request

// RFC 9110, 8.8.3: what If-Match of a later change may name.
void tag(const Call& call, const StoredCard& card) {
  call.response.headers.emplace_back("ETag", '"' + to_rfc3339(card.card.updated_at) + '"');
}

// The updated_at of a card, in quotes or not; nullopt: whatever it is. RFC 9110, 13.1.1.
std::optional<Instant> if_match_of(const Request& request) {
  const std::string header = request.head.header("if-match");
  std::string_view text = trim(header);
  if (text.empty() || text == "*") return std::nullopt;
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  if (const auto time = parse_time(text)) return time;
  throw wrong_parameter("If-Match", fmt::format("If-Match: expected the updated_at of the card or "
                                                "its ETag, not \"{}\"",
                                                printable(text)));
}

void respond_card(const Call& call, const StoredCard& card, int status = 200) {
  tag(call, card);
  respond_one(
      call.response, [&](JsonText& json) { write_card(json, card, call.context); }, status);
}

std::vector<Iccid> iccids_of(std::string_view text) {
  if (text.ends_with(',')) text.remove_suffix(1);
  const std::vector<std::string_view> parts = split(text, ',');
  if (parts.size() > max_removed) {
    throw ApiError{400, fmt::format("expected at most {} cards at once", max_removed)};
  }
  std::vector<Iccid> iccids;
  for (const std::string_view part : parts) {
    iccids.push_back(iccid_from_operator(part));
  }
  return iccids;
}

// 200 with the platform's answer; 202 if it has not answered in time.
void request_and_wait(const Call& call, PlatformRequestKind kind) {
  const PlatformRequestResult result =
      call.platform_requests.request_and_wait(call.context, iccid_of(call.request), kind);
  const PlatformRequest& request = result.request;
  if (!request.failure.empty()) throw ApiError{502, "the platform: " + request.failure};
  respond_one(
      call.response,
      [&](JsonText& json) { write_platform_request(json, request, result.card, call.context); },
      request.done_at ? 200 : 202);
}

// Changes a card at its carrier, so the body must confirm it.
void act(const Call& call, JsonBody& body, PlatformRequestKind kind) {
  const auto confirm = body.boolean("confirm");
  body.finish();
  if (!confirm.value_or(false)) {
    throw wrong_parameter("confirm",
                          "this changes the card at its carrier: send {\"confirm\":true}");
  }
  request_and_wait(call, kind);
}

}  // namespace

void handle_card(const Call& call) {
  const CardDetails details = describe_card(call.store(), iccid_of(call.request));
  tag(call, details.card);
  respond_one(call.response, [&](JsonText& json) { write_card(json, details, call.context); });
}

void handle_card_add(const Call& call, JsonBody& body) {
  const Iccid iccid = iccid_from_operator(body.required_text("iccid"));
  respond_card(call, add_card(call.store(), call.context, iccid, field_changes(body.others())),
               201);
}

void handle_card_set(const Call& call, JsonBody& body) {
  const Iccid iccid = iccid_of(call.request);
  respond_card(call, set_card(call.store(), call.context, iccid, field_changes(body.others()), {},
                              if_match_of(call.request)));
}

// For a script that asks a platform which no profile covers.
void handle_card_state(const Call& call) {
  const Iccid iccid = iccid_of(call.request);
  respond_card(call, set_card_state(call.store(), call.context, iccid,
                                    card_state_from_json(call.request.body)));
}

void handle_card_remove(const Call& call, QueryReader& reader) {
  const bool force = reader.boolean("force").value_or(false);
  reader.finish();
  const RemovedCards removed =
      remove_cards(call.store(), call.context, iccids_of(call.request.part("iccids")), force);
  respond_one(call.response, [&](JsonText& json) {
    json.begin_array();
    for (const Iccid& iccid : removed.cards) write_removed(json, iccid, removed.released);
    json.end_array();
  });
}

void handle_card_statistics(const Call& call, QueryReader& reader) {
  const auto top = static_cast<int>(reader.integer("top", 0, 100).value_or(10));
  reader.finish();
  respond_one(call.response, [&](JsonText& json) {
    write_statistics(json, describe_statistics(call.store(), call.context),
                     describe_origins(call.store()), top_usage(call.store(), top), call.context);
  });
}

void handle_bind(const Call& call, JsonBody& body) {
  const DeviceKey device{body.required_text("product"), body.required_text("device")};
  const bool force = body.boolean("force").value_or(false);
  body.finish();
  for (const std::string& level : {device.product, device.number}) {
    if (!is_topic_level(level)) {
      throw ApiError{400,
                     "product, device: each expected to be one level of a topic, of at most "
                     "255 bytes, without /, + and #"};
    }
  }
  const BindResult result =
      bind_card(call.store(), call.context, device, iccid_of(call.request), force);
  respond_one(call.response, [&](JsonText& json) { write_bind_result(json, result); });
}

void handle_unbind(const Call& call, JsonBody& body) {
  body.finish();
  const Binding released = unbind_card(call.store(), call.context, iccid_of(call.request));
  respond_one(call.response, [&](JsonText& json) { write_binding(json, released); });
}

void handle_platform_list(const Call& call) {
  const std::vector<PlatformFacts> all = describe_platforms(call.store(), call.context);
  JsonText json;
  json.begin_array();
  for (const PlatformFacts& facts : all) write_platform(json, facts);
  json.end_array();
  respond_list(call.response, {.total = std::ssize(all)}, json.view());
}

// It sends requests to the carrier, which may cost something and are limited, so it needs the scope
// of changes.
void handle_platform_test(const Call& call, JsonBody& body) {
  std::optional<Iccid> iccid;
  if (const auto named = body.text("iccid")) iccid = iccid_from_operator(*named);
  body.finish();
  const PlatformTest test =
      call.host.test_platform(id_of(call.request), iccid, [&] { return !call.stopping.load(); });
  respond_one(call.response, [&](JsonText& json) { write_platform_test(json, test); });
}

void handle_accept_not_found(const Call& call, JsonBody& body) {
  body.finish();
  const std::int64_t platform = id_of(call.request);
  const std::int64_t cards = accept_not_found(
      call.store(), call.context, platform, call.host.card_max_age(), [&](std::int64_t done) {
        if (!call.stopping) return;
        throw ApiError{503,
                       {ErrorKey::stopping},
                       fmt::format("the daemon ends; {} cards are not_found now, the others "
                                   "when the platform does not find them again",
                                   done)};
      });
  respond_one(call.response,
              [&](JsonText& json) { write_accepted_not_found(json, platform, cards); });
}

void handle_card_refresh(const Call& call, JsonBody& body) {
  body.finish();
  request_and_wait(call, PlatformRequestKind::refresh);
}

void handle_card_suspend(const Call& call, JsonBody& body) {
  act(call, body, PlatformRequestKind::suspend);
}

void handle_card_resume(const Call& call, JsonBody& body) {
  act(call, body, PlatformRequestKind::resume);
}

}  // namespace iotcard
