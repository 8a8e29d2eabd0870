// SPDX-License-Identifier: Apache-2.0
// card refresh, card suspend, card resume: the verbs that have a card platform asked.
#include <fmt/core.h>

#include <chrono>
#include <memory>

#include "api_operations.h"
#include "api_requests.h"
#include "base/text.h"
#include "card_selection.h"
#include "operations.h"
#include "operations/json.h"
#include "output.h"
#include "platform_work.h"
#include "terminal.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct RefreshOptions {
  std::string iccid;
  bool stale = false;
  bool all = false;
  ManyCards many;
};
struct ActOptions {
  std::string iccid;
  ManyCards many;
};

constexpr std::chrono::seconds silence{3};  // before it says why it waits

// Requests about one card have a minimum interval, and a process that was killed keeps its lease
// for a minute.
std::string why_it_waits(Store& store, std::int64_t platform) {
  const std::string holder = lease_holder(store, platform, now());
  return fmt::format(
      "waiting: {} asks platform {}, within its rate and interval (at most one request about a "
      "card in that time); if that process was killed, this program asks a minute later",
      holder.empty() ? "this program" : escape_controls(holder), platform);
}

PlatformRequest request_and_wait(Program& program, Store& store, const Iccid& iccid,
                                 PlatformRequestKind kind) {
  PlatformWork work{program, store, PlatformWork::Ask::requests};
  PlatformRequest request = request_platform(store, program.context(), iccid, kind);
  const auto begun = std::chrono::steady_clock::now();
  bool explained = false;
  work.until({request.platform}, [&] {
    if (!explained && std::chrono::steady_clock::now() > begun + silence) {
      explained = true;
      complain(why_it_waits(store, request.platform));
    }
    auto known = store.find_platform_request(request.id);
    if (!known) throw never_asked(request);
    request = std::move(*known);
    return request.done_at.has_value();
  });
  return request;
}

// Prints the state that the platform reports now. The exit status: whether it is the wanted one.
int report(Program& program, const Context& context, const RequestedState& state) {
  const auto& [request, card] = state;
  const bool as_wanted = is_as_wanted(card.card, request.kind);
  if (program.json) {
    print_json([&](JsonText& json) { write_platform_request(json, request, card, context); });
    return request.failure.empty() && as_wanted ? success : failure;
  }
  const std::string number{request.iccid.text()};
  if (!request.failure.empty()) {
    throw std::runtime_error{
        fmt::format("card {}: platform {}: {}", number, request.platform, request.failure)};
  }
  say(fmt::format("card {}: platform {} says {}", number, request.platform, state_text(card.card)));
  if (as_wanted) return success;
  complain(
      fmt::format("the platform accepted to {} the card, but does not report it yet; some act "
                  "later, so ask again: iotcardctl card refresh {}",
                  platform_request_kind_names[request.kind], number));
  return failure;
}

void confirm(const StoredCard& card, std::string_view what) {
  if (!is_terminal(stdin)) {
    throw UsageError{fmt::format("{} changes the card at its carrier: say --yes", what)};
  }
  std::string bound;
  if (card.binding) bound = fmt::format(", bound to device {}", card.binding->device.text());
  ask(fmt::format("{} card {} ({}{}) at platform {}?", what, card.card.iccid.text(),
                  card_status_names[card.card.status], bound, printable(card.card.platform)));
}

int act_through_api(Program& program, const Iccid& iccid, PlatformRequestKind kind,
                    bool confirmed) {
  if (!confirmed) {
    confirm(operations_through_api(program.target)->card(iccid).card,
            platform_request_kind_names[kind]);
  }
  return report(program, api_context(), request_platform_through_api(program.target, iccid, kind));
}

int act(Program& program, const std::string& text, PlatformRequestKind kind, bool confirmed) {
  const Iccid iccid = iccid_from_operator(text);
  if (program.remote()) return act_through_api(program, iccid, kind, confirmed);
  const auto store = program.open_store_to_change();
  const StoredCard card = require_card(*store, iccid);
  if (!confirmed) confirm(card, platform_request_kind_names[kind]);
  const PlatformRequest request = request_and_wait(program, *store, card.card.iccid, kind);
  return report(program, program.context(), {request, require_card(*store, card.card.iccid)});
}

int suspend_or_resume(Program& program, ActOptions options, CardBatch::Action action) {
  options.many.take_iccid(options.iccid);
  require_one_or_many(options.iccid, options.many, card_batch_names[action]);
  if (options.many.given()) return change_many(program, options.many, {.action = action});
  const auto kind = action == CardBatch::Action::suspend ? PlatformRequestKind::suspend
                                                         : PlatformRequestKind::resume;
  return act(program, options.iccid, kind, options.many.yes.has_value());
}

// Cards of these platforms that have not been asked about.
struct Remaining {
  std::int64_t unasked = 0;
  std::int64_t cards = 0;  // the same without those of platforms that fail for an unknown time
  std::vector<std::string> failing;
};

Remaining remaining(Store& store, const Context& context,
                    const std::vector<std::int64_t>& platforms, Instant began) {
  Remaining result;
  for (const PlatformFacts& facts : describe_platforms(store, context)) {
    if (!contains(platforms, facts.row.id)) continue;
    result.unasked += facts.age.never;
    const PlatformHealth& health = facts.row.health;
    const bool fails = health.failures > 0 && health.last_failure >= began && health.next_try &&
                       *health.next_try > now() + std::chrono::seconds{5};
    if (!fails) {
      result.cards += facts.age.never;
      if (facts.row.round.wave_since) {
        result.failing.push_back(
            fmt::format("platform {} ({}): {}", facts.row.id, facts.row.name, failure_of(facts)));
      }
      continue;
    }
    // The last cards may have been asked about in vain, several at once.
    const std::string unasked =
        facts.age.never > 0 ? fmt::format("{} cards were not asked about: ", facts.age.never) : "";
    result.failing.push_back(fmt::format("platform {} ({}): {}{}; the next attempt is at {}",
                                         facts.row.id, facts.row.name, unasked, health.failure,
                                         printable(*health.next_try)));
  }
  return result;
}

// All cards of these platforms, or those that are stale.
int refresh_all(Program& program, const RefreshOptions& options) {
  std::vector<std::int64_t> platforms;
  const auto only = query_of(options.many.selection.filters, now()).filter.platform;
  if (only) {
    platforms.push_back(platform_settings(program, *only).id);
  } else {
    for (const PlatformSettings& settings : program.config().platforms) {
      if (!settings.profile.empty()) platforms.push_back(settings.id);
    }
  }
  if (platforms.empty()) {
    throw std::runtime_error{"the configuration names no [[platform]] with a profile"};
  }
  const auto store = program.open_store_to_change();
  const Instant began = now();
  std::optional<Instant> before;
  if (options.stale) before = began - program.config().refresh.max_age;
  std::int64_t total = 0;
  for (const std::int64_t platform : platforms) total += store->mark_stale(platform, before);

  Remaining left;
  {
    ProgressBar bar{"cards"};
    PlatformWork work{program, *store, PlatformWork::Ask::all};
    work.until(platforms, [&] {
      left = remaining(*store, program.context(), platforms, began);
      const std::int64_t done = std::max<std::int64_t>(0, total - left.cards);
      bar.show(done, total);
      return left.cards == 0;
    });
  }
  const std::int64_t asked = std::max<std::int64_t>(0, total - left.unasked);
  print_result(
      program.json,
      [&](JsonText& json) {
        json.begin_object()
            .member("asked", asked)
            .member("left", left.unasked)
            .member("failing", left.failing)
            .end_object();
      },
      [&] { say(fmt::format("asked about {} cards", asked)); });
  for (const std::string& line : left.failing) complain(line);
  return left.failing.empty() ? success : failure;
}

int refresh(Program& program, RefreshOptions options) {
  if (options.stale && options.all) {
    throw UsageError{"card refresh takes one of --stale and --all, not two"};
  }
  if (options.stale || options.all) {
    CardSelection others = options.many.selection;
    others.filters.platform.clear();
    if (!options.iccid.empty() || others.given() || options.many.dry_run) {
      throw UsageError{"--stale and --all go with --platform only: no ICCID, no list, no filter"};
    }
    return refresh_all(program, options);
  }
  options.many.take_iccid(options.iccid);
  require_one_or_many(options.iccid, options.many, "refresh");
  if (!options.many.given()) {
    return act(program, options.iccid, PlatformRequestKind::refresh, true);
  }
  return change_many(program, options.many, {.action = CardBatch::Action::refresh});
}

Action act_verb(Arguments& arguments, CardBatch::Action action) {
  auto options = std::make_shared<ActOptions>();
  arguments.option("ICCID", options->iccid, "The card");
  declare_many(arguments, options->many);
  arguments.footer(std::string{R"(
Has the card's platform do it, then asks for the state of the card, stores and shows it.
Who did it and when is kept: card show ICCID --json, member requests.
Exit status 1 if the platform refused, or still reports another state.
With --json, one object: id, iccid, platform, kind, requested_by, requested_at, done_at,
failure, status, and card, as card show --json without history.)"} +
                   many_help);
  return
      [options, action](Program& program) { return suspend_or_resume(program, *options, action); };
}

}  // namespace

Action card_refresh_verb(Arguments& arguments) {
  auto options = std::make_shared<RefreshOptions>();
  arguments.option("ICCID", options->iccid, "The card");
  arguments.flag("--stale", options->stale,
                 "All cards that were not refreshed within refresh.max_age");
  arguments.flag("--all", options->all, "All cards");
  declare_many(arguments, options->many);
  arguments.footer(std::string{R"(
The daemon asks, or this program if no daemon does, within the limits of the platform.
Waits until it is done; Ctrl-C ends only the waiting.
--stale and --all may have --platform beside them; they ask for no confirmation.
With --json, one object: of an ICCID id, iccid, platform, kind, requested_by, requested_at,
done_at, failure, status and card; of --stale and --all asked, left and failing.)"} +
                   many_help);
  return [options](Program& program) { return refresh(program, *options); };
}

Action card_suspend_verb(Arguments& arguments) {
  return act_verb(arguments, CardBatch::Action::suspend);
}

Action card_resume_verb(Arguments& arguments) {
  return act_verb(arguments, CardBatch::Action::resume);
}

}  // namespace iotcard
