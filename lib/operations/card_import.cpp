// SPDX-License-Identifier: Apache-2.0
#include "operations/card_import.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "base/utf8.h"
#include "csv/csv_cell.h"
#include "operations/card_import_rows.h"
#include "operations/paced_transactions.h"
#include "operations/reevaluate.h"

namespace iotcard {
namespace {

constexpr std::ptrdiff_t rows_staged_in_1_ms = 150;
constexpr std::ptrdiff_t max_staged_together = 20'000;  // for the memory that they take
constexpr int min_chunk = 25;                           // rows in a transaction
constexpr int max_chunk = 100'000;
constexpr int rows_read_together = 2000;
constexpr std::size_t shorter_spelling = 19;  // characters of an ICCID: see match()
constexpr std::size_t longer_spelling = 20;
constexpr int spellings_joined_together = 500;  // cards

class Import {
 public:
  // `scratch` and `sole_user`: see PacedTransactions::Options.
  Import(Store& store, const Context& context, ImportSettings settings, bool scratch,
         bool sole_user, const ImportHooks& hooks)
      : store_(store),
        context_(context),
        settings_(std::move(settings)),
        hooks_(hooks),
        paced_(store, {.scratch = scratch, .sole_user = sole_user}) {
    context_.by = settings_.by;
  }
  // One that another process left.
  Import(Store& store, const Context& context, const CardImport& claimed, const ImportHooks& hooks)
      : Import(store, context, read_import_settings(claimed.options), false, false, hooks) {
    id_ = claimed.id;
  }
  // What is not done yet is for whoever claims it next.
  ~Import() { store_.release_import(id_); }
  Import(const Import&) = delete;
  Import& operator=(const Import&) = delete;

  // Phase 1: the whole list into the store, where nobody sees it. False: `strict`, and a row would
  // be refused; the list is deleted.
  bool stage(CardCsv& rows, bool strict) {
    id_ = store_.add_import(import_settings_text(settings_));
    try {
      read(rows);
      while (has_shorter_ && has_longer_ && join_spellings()) continue;
      result_.list = rows.reading();
      store_.check_room(id_);
      const auto go_on = [&] {
        if (hooks_.progress) hooks_.progress(rows.bytes_read(), result_.rows);
      };
      if (strict && would_refuse(go_on)) {
        discard();
        return false;
      }
      if (!store_.complete_import(id_)) {
        throw StoreError{StoreError::Kind::conflict,
                         "somebody has deleted this import; begin it again"};
      }
    } catch (...) {
      give_up();
      throw;
    }
    return true;
  }

  // Phase 2: from here on the import is finished, by this process or by another.
  void apply() {
    const auto report = [&] {
      report_refused();
      if (hooks_.applied) hooks_.applied(applied_, staged_);
    };
    while (apply_chunk()) report();
    result_.settled += reevaluate_unknown_cards(store_, context_, [&](const auto& action) {
      paced_(action);
      report();
    });
    store_.remove_import(id_);
    last_line_ = std::numeric_limits<std::int64_t>::max();
    report_refused();
  }

  // Deletes the import with its rows, a few at a time.
  void discard() {
    for (bool more = true; more;) {
      paced_([&] {
        const std::vector<StagedCard> cards = store_.staged_cards(id_, 0, rows_read_together);
        more = !cards.empty();
        if (more) {
          store_.remove_staged(id_, cards.back().line);
        } else {
          store_.remove_import(id_);
        }
      });
      if (more && hooks_.discarded) hooks_.discarded();
    }
  }

  ImportResult take_result() { return std::move(result_); }

 private:
  using Staged = std::variant<StagedCard, RowProblem>;

  void read(CardCsv& rows) {
    const auto progress = [&] {
      if (hooks_.progress) hooks_.progress(rows.bytes_read(), result_.rows);
    };
    std::vector<Staged> waiting;
    while (auto row = rows.next()) {
      ++result_.rows;
      if (auto* problem = std::get_if<RowProblem>(&*row)) {
        waiting.emplace_back(std::move(*problem));
      } else {
        waiting.emplace_back(staged_card(std::get<CardRow>(*row)));
      }
      const auto enough =
          std::min(rows_staged_in_1_ms * paced_.time().count(), max_staged_together);
      if (std::ssize(waiting) >= enough) stage_rows(waiting);
      progress();
    }
    stage_rows(waiting);
    progress();
  }

  // Applies the staged rows to a copy of the store. If one is refused, the result is that of the
  // copy, with nothing imported. `go_on` throws if the operator has had enough.
  bool would_refuse(const std::function<void()>& go_on) {
    const std::unique_ptr<Store> copy = store_.scratch_copy();
    const ImportHooks hooks{.refused = hooks_.refused,
                            .each_refused = hooks_.each_refused,
                            .applied = [&](std::int64_t, std::int64_t) { go_on(); }};
    Import trial{*copy, context_, settings_, true, true, hooks};
    trial.id_ = id_;
    trial.result_ = result_;
    trial.staged_ = staged_;
    trial.apply();
    if (trial.result_.refused == 0) return false;
    result_ = trial.take_result();
    result_.withheld = true;
    result_.added = result_.updated = result_.bound = result_.settled = 0;
    result_.changes.clear();
    return true;
  }

  void stage_rows(std::vector<Staged>& rows) {
    paced_([&] {
      for (const Staged& row : rows) stage_row(row);
    });
    rows.clear();
  }

  void stage_row(const Staged& row) {
    if (const auto* problem = std::get_if<RowProblem>(&row)) return refuse({*problem});
    const auto& card = std::get<StagedCard>(row);
    const auto other = store_.stage_card(id_, card);
    if (!other) {
      ++staged_;
      has_shorter_ |= card.iccid.text().size() == shorter_spelling;
      has_longer_ |= card.iccid.text().size() == longer_spelling;
    } else if (other->same_row(card)) {
      ++result_.unchanged;
    } else {
      refuse({{card.line, fmt::format("card {} is in line {} of this file too, with other values",
                                      card.iccid.text(), other->line)},
              false,
              std::string{card.iccid.text()}});
    }
  }

  // Of a card that the list has with 19 and with 20 characters the first line counts. Some cards at
  // a time; false: there are no more.
  bool join_spellings() {
    std::vector<StagedCard> cards =
        store_.staged_in_two_spellings(id_, joined_, spellings_joined_together);
    if (cards.empty()) return false;
    paced_([&] {
      for (auto first = cards.begin(); first != cards.end();) {
        const auto end = std::find_if(first + 1, cards.end(), [](const StagedCard& card) {
          return card.iccid.text().size() == shorter_spelling;
        });
        joined_ = first->iccid.text();
        join_spellings_of({first, end});
        first = end;
      }
    });
    return true;
  }

  // One card of 19 characters and those of 20 that match it, which do not match each other.
  void join_spellings_of(std::span<const StagedCard> cards) {
    const StagedCard& shorter = cards.front();
    const auto longer = cards.subspan(1);
    const auto first = std::ranges::min_element(longer, {}, &StagedCard::line);
    if (first->line < shorter.line) return join_rows(*first, shorter);
    for (const StagedCard& card : longer) join_rows(shorter, card);
  }

  void join_rows(const StagedCard& first, const StagedCard& later) {
    store_.remove_staged_line(id_, later.line);
    --staged_;
    const bool same = first.device == later.device && first.fields == later.fields;
    if (same && settings_.update) {
      ++result_.unchanged;
      return;
    }
    refuse({{later.line,
             fmt::format("card {} is in line {} of this file too, spelled {}{}", later.iccid.text(),
                         first.line, first.iccid.text(), same ? "" : ", with other values")},
            false,
            std::string{later.iccid.text()}});
  }

  bool apply_chunk() {
    bool more = false;
    paced_([&] {
      const auto end = std::chrono::steady_clock::now() + paced_.time();
      RowApplier rows{store_, context_, settings_, result_};
      int applied = 0;
      const auto is_time = [&] {
        return applied >= max_chunk ||
               (applied >= min_chunk && std::chrono::steady_clock::now() >= end);
      };
      do {
        more = false;
        for (const StagedCard& card : store_.staged_cards(id_, last_line_, next_page_)) {
          if (const auto refusal = rows.apply(card)) {
            refuse({{card.line, refusal->reason},
                    refusal->of_stored_card,
                    std::string{card.iccid.text()}});
          }
          last_line_ = card.line;
          ++applied_;
          ++applied;
          more = true;
          if (is_time()) break;
        }
      } while (more && !is_time());
      next_page_ = std::clamp(2 * applied, min_chunk, rows_read_together);
      if (applied > 0) store_.remove_staged(id_, last_line_);
      more = applied > 0;
    });
    return more;
  }

  // The first problems of each phase, in the order of the file.
  void refuse(RefusedRow problem) {
    ++result_.refused;
    if (problem.of_stored_card) ++result_.stored_before;
    if (hooks_.each_refused) hooks_.each_refused(problem);
    const auto later = [](const RowProblem& a, const RowProblem& b) { return a.line < b.line; };
    auto& problems = result_.problems;
    problems.insert(std::upper_bound(problems.begin(), problems.end(), problem, later),
                    std::move(problem));
    if (problems.size() > ImportResult::max_problems) drop_problem();
  }

  // A list of a thousand cards that are stored already must not hide the one that is misspelled.
  void drop_problem() {
    auto& problems = result_.problems;
    const auto last = std::find_if(problems.rbegin(), problems.rend(),
                                   [](const RefusedRow& row) { return row.of_stored_card; });
    const auto at = last == problems.rend() ? problems.end() - 1 : last.base() - 1;
    if (static_cast<std::size_t>(at - problems.begin()) < reported_) --reported_;
    problems.erase(at);
  }

  // Those up to the last applied line: a later row may be refused before the others are reported.
  void report_refused() {
    for (; reported_ < result_.problems.size() && result_.problems[reported_].line <= last_line_;
         ++reported_) {
      if (hooks_.refused) hooks_.refused(result_.problems[reported_]);
    }
  }

  void give_up() noexcept {
    try {
      discard();
    } catch (const std::exception&) {
      // Whoever claims it next deletes the rest.
    }
  }

  Store& store_;
  Context context_;
  const ImportSettings settings_;
  const ImportHooks& hooks_;
  PacedTransactions paced_;
  std::int64_t id_ = 0;
  ImportResult result_;
  std::int64_t staged_ = 0;
  std::int64_t applied_ = 0;
  bool has_shorter_ = false;  // whether there are staged cards of this length
  bool has_longer_ = false;
  std::string joined_;                  // up to this ICCID of the shorter spelling
  int next_page_ = rows_read_together;  // rows to read: about as many as there is time for
  std::int64_t last_line_ = 0;          // that was applied
  std::size_t reported_ = 0;            // of the problems
};

}  // namespace

std::string refused_rows_header() {
  return "line,iccid,reason\r\n";
}

std::string csv_of(const RefusedRow& row) {
  std::string text = std::to_string(row.line);
  append_csv_field(text, row.iccid);
  append_csv_field(text, csv_cell(replace_invalid_utf8(row.reason)));
  return text + "\r\n";
}

ImportResult import_cards(Store& store, const Context& context, std::istream& csv,
                          const ImportOptions& options, const ImportHooks& hooks) {
  if (options.clear_empty && !options.update) {
    throw OperationError::invalid("empty cells clear fields only where cards are updated");
  }
  CardCsv rows{csv,
               {.trust_zeros = options.trust_zeros,
                .zone = options.zone,
                .encoding = options.encoding,
                .delimiter = options.delimiter,
                .mapping = options.mapping.get()}};
  if (const Check& problem = rows.header_problem()) {
    throw OperationError::invalid(problem->text,
                                  {ErrorKey::invalid_list, {{"reason", problem->text}}});
  }
  const std::unique_ptr<Store> copy = options.dry_run ? store.scratch_copy() : nullptr;
  Import import{copy ? *copy : store,
                context,
                {.update = options.update,
                 .clear_empty = options.clear_empty,
                 .columns = {rows.fields().begin(), rows.fields().end()},
                 .by = context.by},
                options.dry_run,
                options.sole_user,
                hooks};
  if (import.stage(rows, options.strict)) import.apply();
  return import.take_result();
}

int finish_imports(Store& store, const Context& context, const ImportHooks& hooks) {
  int finished = 0;
  for (const CardImport& listed : store.imports()) {
    const auto claimed = store.claim_import(listed.id);
    if (!claimed) continue;
    Import import{store, context, *claimed, hooks};
    if (claimed->complete) {
      import.apply();
      ++finished;
    } else {
      import.discard();
    }
  }
  return finished;
}

}  // namespace iotcard
