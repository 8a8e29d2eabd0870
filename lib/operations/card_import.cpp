// SPDX-License-Identifier: Apache-2.0
#include "operations/card_import.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <thread>
#include <utility>
#include <variant>

#include "operations/card_import_rows.h"
#include "operations/process_identity.h"
#include "operations/reevaluate.h"

namespace iotcard {
namespace {

constexpr int rows_staged_together = 500;  // some milliseconds
constexpr int min_chunk = 100;             // rows applied in a transaction
constexpr int max_chunk = 2000;
constexpr std::chrono::milliseconds chunk_time{10};  // after which a transaction ends earlier

// Small transactions of long work. If others write too, each is followed by a pause as long as it
// took: who waits for the write lock only looks now and then whether it is free.
class PacedTransactions {
 public:
  PacedTransactions(Store& store, bool alone) : store_(store), alone_(alone) {}

  void operator()(const std::function<void()>& action) {
    const auto began = std::chrono::steady_clock::now();
    Transaction transaction{store_};
    action();
    transaction.commit();
    if (alone_) return;
    const std::int64_t version = store_.data_version();
    const bool others = version != std::exchange(version_, version);
    if (others) store_.checkpoint_if_idle();  // so that they need not do it
    const auto took = std::chrono::steady_clock::now() - began;
    std::this_thread::sleep_for(others ? took : shortest_pause);
  }

 private:
  static constexpr std::chrono::steady_clock::duration shortest_pause =
      std::chrono::milliseconds{1};
  Store& store_;
  const bool alone_;
  std::int64_t version_ = -1;
};

// Deletes an import with its rows, a few at a time.
void discard(Store& store, std::int64_t import) {
  PacedTransactions paced{store, false};
  for (bool more = true; more;) {
    paced([&] {
      const std::vector<StagedCard> cards = store.staged_cards(import, max_chunk);
      more = !cards.empty();
      more ? store.remove_staged(import, cards.back().line) : store.remove_import(import);
    });
  }
}

class Import {
 public:
  // `alone`: on a store that nobody else uses.
  Import(Store& store, const Context& context, ImportSettings settings, bool alone)
      : store_(store), context_(context), settings_(std::move(settings)), paced_(store, alone) {
    context_.by = settings_.by;
  }

  // Phase 1: the whole list into the store, where nobody sees it.
  void stage(CardCsv& rows, const ImportHooks& hooks) {
    import_ = {.id = 0,
               .owner = this_process(),
               .complete = false,
               .options = import_settings_text(settings_)};
    import_.id = store_.add_import(import_);
    try {
      read(rows, hooks);
      store_.check_room(import_.id);
    } catch (...) {
      give_up();
      throw;
    }
  }

  // Phase 2: from here on the import is finished, by this process or by another.
  void apply(const ImportHooks& hooks) {
    import_.complete = true;
    store_.update_import(import_);
    continue_from(import_, hooks);
  }

  void continue_from(const CardImport& import, const ImportHooks& hooks) {
    import_ = import;
    try {
      while (apply_chunk()) {
        tell_refused(hooks);
        if (hooks.applied) hooks.applied(applied_, staged_);
      }
      result_.settled += reevaluate_unknown_cards(store_, context_, std::ref(paced_));
      store_.remove_import(import_.id);
    } catch (...) {
      release();
      throw;
    }
    last_line_ = std::numeric_limits<std::int64_t>::max();
    tell_refused(hooks);
  }

  ImportResult take_result() { return std::move(result_); }

 private:
  using Staged = std::variant<StagedCard, RowProblem>;

  void read(CardCsv& rows, const ImportHooks& hooks) {
    const auto progress = [&] {
      if (hooks.progress) hooks.progress(rows.bytes_read(), result_.rows);
    };
    std::vector<Staged> waiting;
    while (auto row = rows.next()) {
      ++result_.rows;
      if (auto* problem = std::get_if<RowProblem>(&*row)) {
        waiting.emplace_back(std::move(*problem));
      } else {
        waiting.emplace_back(staged_card(std::get<CardRow>(*row)));
      }
      if (waiting.size() == rows_staged_together) stage_rows(waiting);
      progress();
    }
    stage_rows(waiting);
    progress();
  }

  void stage_rows(std::vector<Staged>& rows) {
    paced_([&] {
      // Without this import its rows would be nobody's.
      if (!store_.update_import(import_)) {
        throw StoreError{StoreError::Kind::conflict,
                         "another process has deleted this import; begin it again"};
      }
      for (const Staged& row : rows) stage_row(row);
    });
    rows.clear();
  }

  void stage_row(const Staged& row) {
    if (const auto* problem = std::get_if<RowProblem>(&row)) return refuse(*problem);
    const auto& card = std::get<StagedCard>(row);
    const auto other = store_.stage_card(import_.id, card);
    if (!other) {
      ++staged_;
    } else if (other->same_row(card)) {
      ++result_.unchanged;
    } else {
      refuse({card.line, fmt::format("card {} is in line {} of this file too, with other values",
                                     card.iccid.text(), other->line)});
    }
  }

  bool apply_chunk() {
    bool more = false;
    paced_([&] {
      const auto end = std::chrono::steady_clock::now() + chunk_time;
      RowApplier rows{store_, context_, settings_, result_};
      int applied = 0;
      for (const StagedCard& card : store_.staged_cards(import_.id, next_chunk_)) {
        if (const auto reason = rows.apply(card)) refuse({card.line, *reason});
        last_line_ = card.line;
        ++applied_;
        ++applied;
        more = true;
        if (applied >= min_chunk && std::chrono::steady_clock::now() >= end) break;
      }
      next_chunk_ = std::clamp(2 * applied, min_chunk, max_chunk);
      if (more) store_.remove_staged(import_.id, last_line_);
    });
    return more;
  }

  // The first problems of each phase, in the order of the file.
  void refuse(RowProblem problem) {
    ++result_.refused;
    const auto later = [](const RowProblem& a, const RowProblem& b) { return a.line < b.line; };
    auto& problems = result_.problems;
    problems.insert(std::upper_bound(problems.begin(), problems.end(), problem, later),
                    std::move(problem));
    if (problems.size() > ImportResult::max_problems) problems.pop_back();
  }

  // Those up to the last applied line: a later row may be refused before the others are told.
  void tell_refused(const ImportHooks& hooks) {
    for (; told_ < result_.problems.size() && result_.problems[told_].line <= last_line_; ++told_) {
      if (hooks.refused) hooks.refused(result_.problems[told_]);
    }
  }

  void give_up() noexcept {
    try {
      discard(store_, import_.id);
    } catch (const std::exception&) {
      release();  // whoever opens the store next deletes it
    }
  }

  // This process does not work on it any more.
  void release() noexcept {
    try {
      import_.owner.clear();
      store_.update_import(import_);
    } catch (const std::exception&) {
      // It does not outlive this process either.
    }
  }

  Store& store_;
  Context context_;
  const ImportSettings settings_;
  PacedTransactions paced_;
  CardImport import_;
  ImportResult result_;
  std::int64_t staged_ = 0;
  std::int64_t applied_ = 0;
  int next_chunk_ = max_chunk;  // rows to read: about as many as there is time for
  std::int64_t last_line_ = 0;  // that was applied
  std::size_t told_ = 0;        // of the problems
};

}  // namespace

ImportResult import_cards(Store& store, const Context& context, std::istream& csv,
                          const ImportOptions& options, const ImportHooks& hooks) {
  if (options.clear_empty && !options.update) {
    throw OperationError::invalid("empty cells clear fields only where cards are updated");
  }
  CardCsv rows{csv, {.trust_zeros = options.trust_zeros, .zone = options.zone}};
  if (const Check& problem = rows.header_problem()) {
    throw OperationError::invalid(problem->text);
  }
  const std::unique_ptr<Store> copy = options.dry_run ? store.scratch_copy() : nullptr;
  Import import{copy ? *copy : store,
                context,
                {.update = options.update,
                 .clear_empty = options.clear_empty,
                 .columns = {rows.fields().begin(), rows.fields().end()},
                 .by = context.by},
                options.dry_run};
  import.stage(rows, hooks);
  import.apply(hooks);
  return import.take_result();
}

int finish_imports(Store& store, const Context& context, const ImportHooks& hooks) {
  int finished = 0;
  for (CardImport& import : store.imports()) {
    if (!has_ended(import.owner)) continue;
    if (!import.complete) {
      discard(store, import.id);
      continue;
    }
    import.owner = this_process();
    store.update_import(import);
    Import{store, context, read_import_settings(import.options), false}.continue_from(import,
                                                                                      hooks);
    ++finished;
  }
  return finished;
}

}  // namespace iotcard
