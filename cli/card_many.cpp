// SPDX-License-Identifier: Apache-2.0
// The change of many cards by one verb: from the selection to the report.
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

#include "api_requests.h"
#include "base/text.h"
#include "card_selection.h"
#include "operations/json.h"
#include "operations/platform_operations.h"
#include "output.h"
#include "platform_work.h"

namespace iotcard {
namespace {

constexpr std::size_t looked_at_once = 200;  // requests: a platform does them in their order

std::string_view done_word(CardBatch::Action action) {
  switch (action) {
    case CardBatch::Action::set:
      return "changed";
    case CardBatch::Action::remove:
      return "removed";
    case CardBatch::Action::refresh:
      return "refreshed";
    case CardBatch::Action::suspend:
      return "suspended";
    case CardBatch::Action::resume:
      return "resumed";
  }
  return "";  // not reached
}

// What platforms made of the requests: which are done, and which failed.
class RequestWaiter {
 public:
  RequestWaiter(Store& store, BatchResult& result)
      : store_(store),
        result_(result),
        open_(std::move(result.requests)),
        total_(std::ssize(open_)) {
    result_.requests.clear();
    result_.done = 0;
  }

  std::vector<std::int64_t> platforms() const {
    std::vector<std::int64_t> found;
    for (const PlatformRequest& request : open_) {
      if (!contains(found, request.platform)) found.push_back(request.platform);
    }
    return found;
  }
  // True: all are done.
  bool look(ProgressBar& bar) {
    std::size_t waiting = 0;
    std::erase_if(open_, [&](const PlatformRequest& request) {
      if (waiting == looked_at_once) return false;
      if (is_over(request)) return true;
      ++waiting;
      return false;
    });
    bar.show(total_ - std::ssize(open_), total_);
    return open_.empty();
  }

 private:
  bool is_over(const PlatformRequest& request) {
    const auto known = store_.find_platform_request(request.id);
    if (!known) {
      fail(request, "it was removed, or moved to another platform, before its platform was asked");
      return true;
    }
    if (!known->done_at) return false;
    if (!known->failure.empty()) {
      fail(request, fmt::format("platform {}: {}", known->platform, known->failure));
      return true;
    }
    const auto card = store_.find_card(request.iccid);
    if (card && !is_as_wanted(card->card, request.kind)) {
      fail(request,
           fmt::format("platform {} accepted to {} it, but says {}; some act later, so ask "
                       "again: card refresh",
                       known->platform, platform_request_kind_names[request.kind],
                       state_text(card->card)));
      return true;
    }
    ++result_.done;
    return true;
  }
  void fail(const PlatformRequest& request, std::string reason) {
    result_.failed.push_back({std::string{request.iccid.text()}, std::move(reason)});
  }

  Store& store_;
  BatchResult& result_;
  std::vector<PlatformRequest> open_;
  const std::int64_t total_;
};

void print(const BatchResult& result, CardBatch::Action action, bool dry_run) {
  const std::int64_t named = result.done + std::ssize(result.failed);
  if (named == 0) return say("no card matches");
  const std::string of = result.failed.empty() ? "" : fmt::format(" of {}", named);
  say(fmt::format("{}{}{} card{} {}{}", dry_run ? "dry run, nothing is done: " : "", result.done,
                  of, named == 1 ? "" : "s", dry_run ? "would be " : "", done_word(action)));
}

BatchResult run(Program& program, Store& store, const Context& context, const CardBatch& batch,
                SelectedCards selected, bool dry_run) {
  ProgressBar bar{std::string{card_batch_names[batch.action]}};
  const bool asks = asks_platform(batch.action);
  // It makes the configuration's platforms known, which a request needs.
  std::unique_ptr<PlatformWork> work;
  if (asks) work = std::make_unique<PlatformWork>(program, store, PlatformWork::Ask::requests);
  BatchResult result = change_cards(
      store, context, batch, std::move(selected),
      {.scratch = dry_run, .sole_user = true, .progress = [&](std::int64_t cards, std::int64_t of) {
         if (interrupted() && cards < of) {
           throw std::runtime_error{
               fmt::format("interrupted after {} of {} cards; those are done", cards, of)};
         }
         bar.show(cards, of);
       }});
  if (asks && !dry_run && !result.requests.empty()) {
    RequestWaiter waiter{store, result};
    work->until(waiter.platforms(), [&] { return waiter.look(bar); });
  }
  return result;
}

// All the API knows of requests to platforms is whether one card's are done.
BatchResult change_through_api(Program& program, const ManyCards& many, const CardBatch& batch) {
  if (asks_platform(batch.action)) program.require_local("the store, for many cards at once");
  const auto operations = operations_through_api(program.target);
  SelectedCards selected = name_cards(*operations, many.selection);
  BatchResult result = change_cards_through_api(program.target, selected.cards, batch, true);
  if (!many.dry_run) {
    confirm_count(many, result.matching, card_batch_names[batch.action]);
    result = change_cards_through_api(program.target, selected.cards, batch, false);
  }
  result.failed.insert(result.failed.begin(), selected.failed.begin(), selected.failed.end());
  return result;
}

BatchResult change_in_store(Program& program, const ManyCards& many, const CardBatch& batch) {
  const auto store = many.dry_run ? program.open_existing_store() : program.open_store_to_change();
  const Context context = program.context();
  SelectedCards selected = select_cards(*store, context, many.selection);
  if (!many.dry_run) {
    confirm_count(many, std::ssize(selected.cards), card_batch_names[batch.action]);
  }
  const auto copy = many.dry_run ? store->scratch_copy() : nullptr;
  return run(program, copy ? *copy : *store, context, batch, std::move(selected), many.dry_run);
}

}  // namespace

int change_many(Program& program, const ManyCards& many, const CardBatch& batch) {
  watch_for_interrupts();
  const BatchResult result = program.remote() ? change_through_api(program, many, batch)
                                              : change_in_store(program, many, batch);
  (many.dry_run ? print_result : print_change)(
      program.json, [&](JsonText& json) { write_batch(json, result, many.dry_run); },
      [&] { print(result, batch.action, many.dry_run); });
  say_spellings(result.spelled);
  for (const CardFailure& failure : result.failed) {
    complain(fmt::format("{}: {}", failure.iccid, failure.reason));
  }
  return result.failed.empty() ? success : failure;
}

}  // namespace iotcard
