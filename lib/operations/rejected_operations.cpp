// SPDX-License-Identifier: Apache-2.0
#include "operations/rejected_operations.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/text.h"
#include "operations/batch.h"
#include "operations/name_list.h"

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

// Several patterns may give one filter.
std::vector<std::string> topics_of(const Context& context, const DeviceKey& device) {
  std::vector<std::string> topics;
  for (const ReportSource& source : context.sources.all()) {
    for (const TopicPattern& pattern : source.topics) {
      if (!pattern.has_product(device.product)) continue;
      std::string topic = pattern.filter_of(device);
      if (!contains(topics, topic)) topics.push_back(std::move(topic));
    }
  }
  if (!topics.empty()) return topics;
  throw OperationError::invalid("no configured topic is for devices of product " + device.product +
                                ", as " + device.text());
}

}  // namespace

RowList<RejectedReport> rejected_rows(ListStore& store, const Context& context,
                                      const RejectedQuery& query) {
  RejectedFilter filter = query.filter;
  if (query.device) filter.topics = topics_of(context, *query.device);
  return rejected_rows(store, filter);
}

EnumSet<RejectionReason> rejection_reasons_from(std::string_view names) {
  return names_from<RejectionReason>(names, rejection_reason_names);
}

void write_rejected_statistics(JsonText& json, ListStore& store) {
  auto counts = store.count_rejected_by_reason(Instant::min());
  std::ranges::stable_sort(counts, std::greater{}, [](const auto& row) { return row.second; });
  std::int64_t total = 0;
  for (const auto& [reason, count] : counts) total += count;
  json.begin_object().member("total", total).key("by_reason").begin_array();
  for (const auto& [reason, count] : counts) {
    json.begin_object()
        .member("reason", rejection_reason_names[reason])
        .member("count", count)
        .end_object();
  }
  json.end_array().end_object();
}

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
