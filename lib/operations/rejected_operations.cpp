// SPDX-License-Identifier: Apache-2.0
#include "operations/rejected_operations.h"

#include <fmt/core.h>

#include <algorithm>

#include "operations/batch.h"
#include "operations/listing.h"

namespace iotcard {
namespace {

constexpr std::ptrdiff_t reports_a_transaction = 200;

std::vector<std::int64_t> fitting_ids(Store& store, RejectedFilter filter) {
  filter.oldest_first = true;
  std::vector<std::int64_t> ids;
  each_row(rejected_rows(store, filter), no_limit,
           [&](const RejectedReport& rejected) { ids.push_back(rejected.id); });
  return ids;
}

void require_all(Store& store, const std::vector<std::int64_t>& ids) {
  for (const std::int64_t id : ids) {
    if (store.find_rejected(id)) continue;
    throw OperationError::not_found(
        fmt::format("there is no rejected report {}; nothing is removed", id),
        {ErrorKey::rejected_not_found, {{"id", id}}});
  }
}

}  // namespace

RejectedRemoval remove_rejected(Store& store, const RejectedSelection& selection,
                                std::optional<std::int64_t> expected, bool dry_run) {
  const bool named = !selection.ids.empty();
  std::vector<std::int64_t> ids = named ? selection.ids : fitting_ids(store, selection.filter);
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (named) require_all(store, ids);
  RejectedRemoval removal{.matching = std::ssize(ids), .dry_run = dry_run};
  if (!named && !dry_run && expected != removal.matching) {
    const bool one = removal.matching == 1;
    throw OperationError::conflict(
        fmt::format("{} match{}{}; nothing was done", counted(removal.matching, "rejected report"),
                    one ? "es" : "", expected ? fmt::format(", not {}", *expected) : ""),
        {ErrorKey::count_differs,
         {{"expected", expected.value_or(0)}, {"actual", removal.matching}}});
  }
  for (auto first = ids.begin(); first != ids.end() && !dry_run;) {
    const auto end = named ? ids.end() : first + std::min(reports_a_transaction, ids.end() - first);
    Transaction transaction{store};
    for (; first != end; ++first) {
      if (store.remove_rejected(*first)) ++removal.removed;
    }
    transaction.commit();
  }
  return removal;
}

void write_removal(JsonText& json, const RejectedRemoval& removal) {
  json.begin_object()
      .member("matching", removal.matching)
      .member("removed", removal.removed)
      .member("dry_run", removal.dry_run)
      .end_object();
}

}  // namespace iotcard
