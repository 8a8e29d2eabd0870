// SPDX-License-Identifier: Apache-2.0
// The import of cards.
#include <sstream>

#include "api/envelope.h"
#include "api/handlers.h"
#include "base/time_spelling.h"
#include "operations/card_import.h"
#include "operations/json.h"

namespace iotcard {
namespace {

Duration zone_of(const std::string& text) {
  const auto zone = read_zone(text);
  if (const auto* ahead = std::get_if<Duration>(&zone)) return *ahead;
  throw ApiError{400, "zone: " + std::get<Problem>(zone).text};
}

}  // namespace

void handle_card_import(const Call& call) {
  QueryReader reader{call.request};
  ImportOptions options;
  options.dry_run = reader.boolean("dryRun").value_or(false);
  options.update = reader.boolean("update").value_or(false);
  options.clear_empty = reader.boolean("clearEmpty").value_or(false);
  options.trust_zeros = reader.boolean("trustZeros").value_or(false);
  if (const auto zone = reader.text("zone")) options.zone = zone_of(*zone);
  reader.finish();
  if (options.clear_empty && !options.update) {
    throw ApiError{400, "clearEmpty: expected together with update=true"};
  }

  const auto stop = [&](const char* what) {
    if (call.stopping) throw ApiError{503, what};
  };
  const ImportHooks hooks{
      .refused = {},
      .progress = [&](std::int64_t,
                      std::int64_t) { stop("the daemon ends; nothing was imported"); },
      .applied =
          [&](std::int64_t, std::int64_t) {
            stop("the daemon ends; when it runs again it imports the other rows");
          },
      .discarded = [&] { stop("the daemon ends; when it runs again it deletes the list"); }};
  std::istringstream csv{call.request.body};
  const ImportResult result = import_cards(call.store(), call.context, csv, options, hooks);
  respond_one(call.response, [&](JsonText& json) {
    json.begin_object();
    write_import_members(json, result, options.dry_run);
    json.end_object();
  });
}

}  // namespace iotcard
