// SPDX-License-Identifier: Apache-2.0
// The import of cards: at once, or tried first and then applied exactly as it
// was tried.
#include <fmt/core.h>

#include <functional>
#include <sstream>
#include <utility>

#include "api/handlers.h"
#include "api/kept_uploads.h"
#include "base/time_spelling.h"
#include "operations/card_import.h"
#include "operations/card_import_columns.h"
#include "operations/json.h"
#include "operations/list_options.h"

namespace iotcard {
namespace {

Duration zone_of(const std::string& text) {
  const auto zone = read_zone(text);
  if (const auto* ahead = std::get_if<Duration>(&zone)) return *ahead;
  throw wrong_parameter("zone", "zone: " + std::get<Problem>(zone).text);
}

ImportOptions import_options_of(const Call& call, QueryReader& reader) {
  ImportOptions options;
  options.dry_run = reader.boolean("dryRun").value_or(false);
  options.update = reader.boolean("update").value_or(false);
  options.clear_empty = reader.boolean("clearEmpty").value_or(false);
  options.strict = reader.boolean("strict").value_or(false);
  options.trust_zeros = reader.boolean("trustZeros").value_or(false);
  if (const auto zone = reader.text("zone")) options.zone = zone_of(*zone);
  ListOptions list{.maps = ListOptions::Maps::names,
                   .map = reader.text("map").value_or(""),
                   .encoding = reader.text("encoding").value_or(""),
                   .delimiter = reader.text("delimiter").value_or("")};
  reader.finish();
  if (options.clear_empty && !options.update) {
    throw wrong_parameter("clearEmpty", "clearEmpty: expected together with update=true");
  }
  if (!list.map.empty()) list.folders = call.host.mapping_folders();
  set_list_options(options, list);
  return options;
}

using Progress = std::function<void(std::int64_t applied, std::int64_t rows)>;

ImportResult run_import(const Call& call, const std::string& bytes, const ImportOptions& options,
                        KeptUploads::Problems* problems = nullptr, const Progress& applied = {}) {
  const auto stop = [&](const char* what) {
    if (call.stopping) throw ApiError{503, {ErrorKey::stopping}, what};
  };
  const ImportHooks hooks{
      .refused = {},
      .each_refused =
          [&](const RefusedRow& row) {
            if (problems != nullptr) problems->add(row);
          },
      .progress = [&](std::int64_t,
                      std::int64_t) { stop("the daemon ends; nothing was imported"); },
      .applied =
          [&](std::int64_t done, std::int64_t rows) {
            stop(
                "the daemon ends; when it runs again it imports the other "
                "rows");
            if (applied) applied(done, rows);
          },
      .discarded = [&] { stop("the daemon ends; when it runs again it deletes the list"); }};
  std::istringstream csv{bytes};
  ImportResult result = import_cards(call.store(), call.context, csv, options, hooks);
  if (problems != nullptr) problems->finish();
  return result;
}

std::string text_of(const ImportResult& result, bool dry_run) {
  JsonText json;
  write_import(json, result, dry_run);
  return json.take();
}

// The answer has one member more: how to apply it.
void try_and_keep(const Call& call, const ImportOptions& options) {
  KeptUploads& uploads = call.uploads;
  const KeptUploads::Ticket ticket = uploads.begin(call.request.body, options, call.context.now);
  std::string text;
  try {
    KeptUploads::Problems problems = uploads.problems_of(ticket.id);
    const ImportResult result = run_import(call, call.request.body, options, &problems);
    text = text_of(result, true);
    uploads.keep(ticket.id, result.rows, text);
  } catch (...) {
    uploads.remove(ticket.id);
    throw;
  }
  JsonText upload;
  upload.begin_object()
      .member("id", ticket.id)
      .member("expires_at", ticket.expires_at)
      .end_object();
  text.pop_back();  // the brace
  respond_one(call.response, fmt::format("{},\"upload\":{}}}", text, upload.view()));
}

void apply_upload(const Call& call, const std::string& id) {
  if (!call.request.body.empty()) {
    throw ApiError{400, "expected no body with upload: the list is the one that was tried"};
  }
  KeptUploads& uploads = call.uploads;
  const auto now = [&] { return call.host.context(call.context.by).now; };
  const KeptUploads::Upload upload = uploads.apply(id, call.context.now);
  std::string text;
  try {
    KeptUploads::Problems problems = uploads.problems_of(id);
    const ImportResult result = run_import(
        call, upload.bytes, upload.options, &problems,
        [&](std::int64_t done, std::int64_t rows) { uploads.note_progress(id, done, rows); });
    text = text_of(result, false);
  } catch (const ApiError& error) {
    uploads.fail(id, error.what(), now());
    throw;
  } catch (const OperationError& error) {
    uploads.fail(id, error.what(), now());
    throw;
  } catch (...) {  // of a store, whose file is not everybody's
    uploads.fail(id, "the store cannot be used just now; the log says why", now());
    throw;
  }
  uploads.finish(id, text, now());
  respond_one(call.response, text);
}

}  // namespace

void handle_card_import(const Call& call, QueryReader& reader) {
  if (const auto upload = reader.text("upload")) {
    reader.finish();
    return apply_upload(call, *upload);
  }
  const bool keep = reader.boolean("keep").value_or(false);
  const ImportOptions options = import_options_of(call, reader);
  if (keep && !options.dry_run) {
    throw wrong_parameter("keep", "keep: expected together with dryRun=true");
  }
  if (keep) return try_and_keep(call, options);
  const ImportResult result = run_import(call, call.request.body, options);
  respond_one(call.response, text_of(result, options.dry_run));
}

void handle_import_columns(const Call& call) {
  respond_one(call.response, write_import_columns);
}

void handle_upload(const Call& call) {
  respond_one(call.response, [&](JsonText& json) {
    call.uploads.write(json, call.request.part("id"), call.context.now);
  });
}

void handle_upload_problems(const Call& call) {
  call.response.body = call.uploads.problems_csv(call.request.part("id"), call.context.now);
  call.response.content_type = "text/csv; charset=utf-8";
  call.response.headers.emplace_back("Content-Disposition",
                                     "attachment; filename=\"refused-rows.csv\"");
}

}  // namespace iotcard
