// SPDX-License-Identifier: Apache-2.0
// platform list, platform test.
#include <fmt/core.h>

#include "api_requests.h"
#include "operations/json.h"
#include "operations/platform_operations.h"
#include "output.h"
#include "platform/platform_probe.h"
#include "platform_work.h"
#include "verbs.h"

namespace iotcard {
namespace {

// The platforms in the store, and those of the configuration that the store does not have yet.
std::vector<PlatformFacts> all_platforms(Program& program) {
  if (program.remote()) return platforms_through_api(program.target);
  std::vector<PlatformFacts> all;
  if (program.has_store()) {
    all = describe_platforms(*program.open_store_to_read(), program.context());
  }
  std::vector<PlatformRow> rows;
  for (const PlatformFacts& facts : all) rows.push_back(facts.row);
  for (const PlatformRow& row : rows_to_add(program.config(), rows)) {
    all.push_back({.row = row, .age = {}, .asked_by = {}});
  }
  std::ranges::sort(
      all, [](const PlatformFacts& a, const PlatformFacts& b) { return a.row.id < b.row.id; });
  return all;
}

std::string state_text(const PlatformFacts& facts) {
  switch (state_of(facts)) {
    case PlatformState::failing:
      return fmt::format("failing: {}", fault_of(facts));
    case PlatformState::well:
      return "well";
    case PlatformState::not_asked:
      return facts.row.profile.empty() ? "no profile" : "not asked yet";
  }
  return "";  // not reached
}

TableRow platform_row(const PlatformFacts& facts) {
  const PlatformHealth& health = facts.row.health;
  const bool fails = state_of(facts) == PlatformState::failing;
  return {{std::to_string(facts.row.id), facts.row.name, facts.row.profile, state_text(facts),
           std::to_string(facts.age.cards), std::to_string(facts.age.never),
           facts.row.round.held > 0 ? std::to_string(facts.row.round.held) : "",
           printable(facts.age.oldest), printable(health.last_answer),
           health.failures > 0 ? printable(health.next_try) : "", fails ? failure_of(facts) : ""},
          fails ? Colour::red : Colour::none};
}

int list_platforms(Program& program) {
  ListPrinter rows{program.output,
                   {"ID",
                    "NAME",
                    "PROFILE",
                    "STATE",
                    "CARDS",
                    "UNASKED",
                    "HELD BACK",
                    "OLDEST ANSWER",
                    "LAST ANSWER",
                    "NEXT TRY",
                    {"LAST FAILURE", "last_failure failure"}},
                   "no platforms: the configuration has no [[platform]] section"};
  for (const PlatformFacts& facts : all_platforms(program)) {
    rows.add([&](JsonText& json) { write_platform(json, facts); },
             [&] { return platform_row(facts); });
  }
  int status = rows.finish();
  if (program.remote()) return status;  // the daemon does not start with a mistake
  for (const PlatformSettings& settings : program.config().platforms) {
    const std::string mistakes = platform_mistakes(settings, program.config().refresh.profiles);
    if (mistakes.empty()) continue;
    std::fprintf(stderr, "%s\n", escape_controls_in_lines(mistakes).c_str());
    status = bad_configuration;
  }
  return status;
}

std::int64_t accept_held_back_cards(Program& program, std::int64_t id) {
  if (program.remote()) return accept_not_found_through_api(program.target, id);
  const auto store = program.open_store_to_change();
  return accept_not_found(*store, program.context(), id, program.config().refresh.max_age);
}

int accept_held_back(Program& program, std::int64_t id) {
  const std::int64_t accepted = accept_held_back_cards(program, id);
  return print_change(
      program.json, [&](JsonText& json) { write_accepted_not_found(json, id, accepted); },
      [&] {
        say(accepted == 0 ? fmt::format("platform {} holds no card back", id)
                          : fmt::format("{} cards of platform {} are not_found now", accepted, id));
      });
}

struct PlatformTestOptions {
  std::int64_t id = 0;
  std::string iccid;
};

void print_call(const HttpExchange& exchange) {
  for (const std::string& line : lines_of(exchange)) say(line);
}

void write_fields(JsonText& json, const std::vector<FieldChange>& fields) {
  json.begin_object();
  for (const FieldChange& field : fields) json.member(field.name, field.value);
  json.end_object();
}

void write_call(JsonText& json, const HttpExchange& trace) {
  json.begin_object()
      .member("step", trace.step)
      .member("method", trace.method)
      .member("url", trace.url)
      .key("headers")
      .begin_object();
  for (const auto& [name, value] : trace.headers) json.member(name, value);
  json.end_object().member("body", trace.body);
  json.member("status", static_cast<std::int64_t>(trace.status))
      .member("milliseconds", static_cast<std::int64_t>(trace.took.count() / 1000))
      .member("fault", trace.failure ? std::optional{service_fault_names[trace.failure->fault]}
                                     : std::nullopt)
      .member("failure", trace.failure ? std::optional{trace.failure->text} : std::nullopt);
  write_fields(json.key("fields"), trace.fields);
  json.member("notes", trace.notes).end_object();
}

constexpr auto answer_names = make_name_table<CardAnswer::Kind>("found", "not_found", "failed");

int test_platform(Program& program, const PlatformTestOptions& options) {
  std::optional<Iccid> iccid;
  if (!options.iccid.empty()) iccid = iccid_from_operator(options.iccid);
  const PlatformSettings& settings = platform_settings(program, options.id);
  const Platform platform = open_platform(settings, program.config().refresh.profiles);
  watch_for_interrupts();
  JsonText json;
  int calls = 0;
  if (program.json) {
    json.begin_object()
        .member("platform", platform.id)
        .member("name", platform.name)
        .member("profile", platform.profile_name)
        .key("calls")
        .begin_array();
  } else {
    say(fmt::format("platform {}: {}, profile {}", platform.id, platform.name,
                    platform.profile_name));
  }
  const PlatformProbe result = probe_platform(
      platform, iccid, [] { return !interrupted(); },
      [&](const HttpExchange& trace) {
        ++calls;
        program.json ? write_call(json, trace) : print_call(trace);
      });
  if (program.json) {
    json.end_array().member(
        "answer", result.answer ? std::optional{answer_names[result.answer->kind]} : std::nullopt);
    write_fields(json.key("card"),
                 result.answer ? result.answer->fields : std::vector<FieldChange>{});
    json.member("failure", or_null(result.failure)).end_object();
    fmt::print("{}\n", json.view());
    return result.failure.empty() ? success : failure;
  }
  if (!result.failure.empty()) throw std::runtime_error{result.failure};
  say(probe_text(result, iccid, calls));
  if (result.answer) {
    for (const FieldChange& field : result.answer->fields) {
      say(fmt::format("  {} = {}", field.name, field.value));
    }
  }
  return success;
}

}  // namespace

Action platform_list_verb(Arguments& arguments) {
  arguments.lists();
  arguments.footer(R"(
UNASKED cards have never been asked about, or are asked about next. Of the others, the one
with the oldest state was asked about at OLDEST ANSWER. The platform does not find the cards
HELD BACK, and they keep their state: see platform accept-not-found. Mistakes in profiles
and their keys go to standard error, exit status 3.
With --json: an array of platforms, each with id, name, profile, state (well, failing,
not_asked), cards, unasked, oldest_answer, last_answer, failures, next_try, last_failure,
fault, failure, asked_by, held_back (cards), held_back_since.)");
  return list_platforms;
}

Action platform_accept_verb(Arguments& arguments) {
  auto id = std::make_shared<std::int64_t>(0);
  arguments.required("ID", *id, "The platform's number");
  arguments.footer(R"(
If a platform does not find many cards that it had, their state stays as it is: [refresh]
not_found_share and not_found_count. This applies it: the cards that are held back become
not_found, as do those that the platform does not find within refresh.max_age from now on.
With --json, one object: platform, accepted (how many cards).)");
  return [id](Program& program) { return accept_held_back(program, *id); };
}

Action platform_test_verb(Arguments& arguments) {
  auto options = std::make_shared<PlatformTestOptions>();
  arguments.required("ID", options->id, "The platform's number");
  arguments.option("ICCID", options->iccid, "A card to ask about");
  arguments.footer(R"(
Secrets are shown as an ellipsis. Nothing is stored. A running daemon does not count these
requests in its rate.
With --json, one object: platform, name, profile, calls (each with step, method, url,
headers, body, status, milliseconds, fault, failure, fields, notes), answer (found,
not_found, failed), card, failure.)");
  return [options](Program& program) { return test_platform(program, *options); };
}

}  // namespace iotcard
