// SPDX-License-Identifier: Apache-2.0
#include "completion_live.h"

#include <fmt/format.h>

#include <algorithm>

#include "api_requests.h"
#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

constexpr int max_shown = Candidates::max_shown;
constexpr int rows_read = 500;  // where no index finds what begins with the typed text

std::string common_beginning(const std::string& a, const std::string& b) {
  return {a.begin(), std::ranges::mismatch(a, b).in1};
}

// `rows` has one more than is shown if the list was cut; then `last` is asked for the last of all
// that begin with the typed text, and with the first one says what all of them have in common.
template <typename Row, typename CandidateOf, typename Last>
void add_rows(Candidates& found, const std::string& typed, std::vector<Row> rows,
              const CandidateOf& candidate_of, const Last& last) {
  const bool is_cut = std::ssize(rows) > max_shown;
  if (is_cut) rows.erase(rows.begin() + max_shown, rows.end());
  for (const Row& row : rows) found.add(typed, candidate_of(row));
  if (!is_cut) return;
  const auto end = last();
  if (end.empty()) return found.cut(typed);
  found.cut(common_beginning(candidate_of(rows.front()).text, candidate_of(end.front()).text));
}

Candidate card_candidate(const StoredCard& stored) {
  std::string about{card_status_names[stored.card.status]};
  if (stored.binding) about += ", " + printable(stored.binding->device.text());
  return {std::string{stored.card.iccid.text()}, about};
}

Candidate device_candidate(const ListedDevice& device) {
  const auto& binding = device.row.binding;
  return {device.row.device.text(),
          binding ? std::string{binding->iccid.text()} : "without a card"};
}

void add_devices(Candidates& found, Operations& operations, const std::string& typed,
                 const DeviceFilter& filter) {
  const auto read = [&](bool descending, int limit) {
    DeviceFilter asked = filter;
    asked.descending = descending;
    return operations.devices(asked).read("", limit).rows;
  };
  add_rows(found, typed, read(false, max_shown + 1), device_candidate, [&] {
    // All begin with the typed text only if the filter has all of it.
    const bool filters_all = typed.empty() || !filter.product.empty();
    return filters_all ? read(true, 1) : std::vector<ListedDevice>{};
  });
}

// The numbers among these rows that begin so.
template <typename Row, typename AboutOf>
void add_ids(Candidates& found, const std::string& typed, const StorePage<Row>& page,
             const AboutOf& about_of) {
  bool is_cut = !page.next_cursor.empty();
  for (const Row& row : page.rows) {
    if (std::ssize(found.list()) == max_shown) {
      is_cut = true;
      break;
    }
    found.add(typed, {std::to_string(row.id), about_of(row)});
  }
  if (is_cut) found.cut(typed);
}

}  // namespace

std::unique_ptr<Operations> open_operations_for_completion(Program& program) {
  if (program.remote()) return operations_through_api(program.target);
  if (!program.has_store()) return nullptr;
  auto store = program.open_store_to_read();
  if (store->outdated()) return nullptr;
  Context context = program.context();
  return operations_on_store(std::move(store), std::move(context));
}

void add_cards(Candidates& found, Operations& operations, const std::string& typed) {
  const std::string prefix = to_upper(typed);
  if (prefix.find_first_not_of("0123456789ABCDEF") != std::string::npos) return;
  const auto read = [&](bool descending, int limit) {
    CardQuery query;
    query.filter.iccid_prefix = prefix;
    query.filter.descending = descending;
    return operations.cards(query).read("", limit).rows;
  };
  add_rows(found, prefix, read(false, max_shown + 1), card_candidate,
           [&] { return read(true, 1); });
}

void add_devices(Candidates& found, Operations& operations, const std::string& typed) {
  const std::size_t slash = typed.find('/');
  if (slash != std::string::npos) {
    return add_devices(
        found, operations, typed,
        {.product = typed.substr(0, slash), .number_prefix = typed.substr(slash + 1)});
  }
  if (typed.empty()) return add_devices(found, operations, typed, DeviceFilter{});
  // A whole product, or a part of one.
  add_devices(found, operations, typed, {.product = typed});
  if (found.list().empty() && typed.size() >= min_search_characters) {
    add_devices(found, operations, typed, {.text = typed});
  }
}

void add_mismatches(Candidates& found, Operations& operations, const std::string& typed,
                    EnumSet<MismatchState> states) {
  if (!all_digits(typed)) return;
  const MismatchFilter filter{.standing_only = states.empty(), .states = states};
  add_ids(found, typed, operations.mismatches(filter).read("", rows_read),
          [](const Mismatch& mismatch) {
            return fmt::format("{} {}", short_name(mismatch.outcome),
                               printable(mismatch.device.text()));
          });
}

void add_rejected(Candidates& found, Operations& operations, const std::string& typed) {
  if (!all_digits(typed)) return;
  add_ids(found, typed, operations.rejected_reports({}).read("", max_shown * 2),
          [](const RejectedReport& rejected) {
            return fmt::format("{} {}", rejection_reason_names[rejected.reason],
                               printable(rejected.report.topic));
          });
}

void add_quarantined(Candidates& found, Operations& operations, const std::string& typed) {
  if (!all_digits(typed)) return;
  add_ids(found, typed, operations.quarantined().read("", max_shown * 2),
          [](const QuarantinedEvent& event) { return printable(event.reason); });
}

void add_platforms(Candidates& found, Program& program, const std::string& typed) {
  const auto add = [&](std::int64_t id, const std::string& name, const std::string& profile) {
    found.add(typed, {std::to_string(id), printable(name.empty() ? profile : name)});
  };
  if (program.remote()) {
    for (const PlatformFacts& facts : platforms_through_api(program.target)) {
      add(facts.row.id, facts.row.name, facts.row.profile);
    }
    return;
  }
  for (const PlatformSettings& platform : program.config().platforms) {
    add(platform.id, platform.name, platform.profile);
  }
}

}  // namespace iotcard
