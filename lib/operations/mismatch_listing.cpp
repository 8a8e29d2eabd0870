// SPDX-License-Identifier: Apache-2.0
// The lists of mismatches, and how an operator names what is in them.
#include <fmt/format.h>

#include "operations/listing.h"
#include "operations/name_list.h"

namespace iotcard {
namespace {

// What is asked for; of times only whether they are, since an age moves from page to page.
std::string text_of(const MismatchFilter& filter) {
  const auto number = [](const auto& value) {
    return value ? static_cast<std::int64_t>(*value) : -1;
  };
  std::string kinds;
  filter.kinds.each([&](Outcome kind) { kinds.append(short_name(kind)).append(1, ','); });
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}", filter.newest_first,
                     static_cast<int>(filter.order), filter.standing_only, kinds,
                     fmt::join(filter.states.names(mismatch_state_names), ","),
                     filter.device ? filter.device->text() : "", filter.product,
                     number(filter.suspect), number(filter.platform), filter.iccid_prefix,
                     filter.text, filter.since.has_value(), filter.until.has_value());
}

}  // namespace

std::string_view short_name(Outcome outcome) {
  const std::string_view name = outcome_name(outcome);
  return name.substr(name.find('.') + 1);
}

std::optional<Outcome> mismatch_named(std::string_view name) {
  for (const Outcome outcome : mismatch_outcomes) {
    if (name == outcome_name(outcome) || name == short_name(outcome)) return outcome;
  }
  return std::nullopt;
}

EnumSet<Outcome> mismatch_kinds_from(std::string_view names) {
  std::vector<std::string_view> known;
  for (const Outcome outcome : mismatch_outcomes) known.push_back(short_name(outcome));
  return names_from<Outcome>(names, mismatch_named, known);
}

EnumSet<MismatchState> mismatch_states_from(std::string_view names) {
  return names_from<MismatchState>(names, mismatch_state_names);
}

std::vector<MismatchCount> count_mismatch_groups(ListStore& store) {
  std::vector<MismatchCount> counts;
  const auto add = [&](const MismatchGroup& group) {
    const std::int64_t rows = store.count_mismatch_group(group, max_group_count + 1);
    if (rows == 0) return;
    counts.push_back({group, std::min(rows, max_group_count), rows > max_group_count});
  };
  for (std::size_t state = 0; state < mismatch_state_names.names.size(); ++state) {
    for (const Outcome kind : mismatch_outcomes) {
      const MismatchGroup group{static_cast<MismatchState>(state), kind};
      if (kind != Outcome::card_in_use) {
        add(group);
        continue;
      }
      add({group.state, kind, Suspect::moved});
      add({group.state, kind, Suspect::cloned});
    }
  }
  return counts;
}

RowList<Mismatch> mismatch_rows(ListStore& store, const MismatchFilter& filter) {
  check_search_text(filter.text);
  const bool by_report =
      filter.order == MismatchOrder::last_seen || filter.order == MismatchOrder::count;
  if (by_report && filter.stands() == MismatchFilter::Stands::any) {
    throw OperationError::invalid(
        fmt::format("the order {} is for standing mismatches (states open and dismissed) or for "
                    "ended ones (accepted, followed, cleared): name states of one kind",
                    mismatch_order_names[filter.order]));
  }
  const MismatchFilter all{.standing_only = filter.standing_only,
                           .newest_first = filter.newest_first,
                           .order = filter.order};
  return {
      .name = "mismatches " + text_of(filter),
      .filtered = filter != all,
      .read = [&store, filter](const PageStart& start,
                               int limit) { return store.list_mismatches(filter, start, limit); },
      .count = [&store,
                filter](std::int64_t at_most) { return store.count_mismatches(filter, at_most); }};
}

}  // namespace iotcard
