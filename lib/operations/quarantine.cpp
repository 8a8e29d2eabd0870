// SPDX-License-Identifier: Apache-2.0
#include "operations/quarantine.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace iotcard {
namespace {

constexpr int events_a_transaction = 200;

// event_topic() ends so.
bool is_of(const QuarantinedEvent& event, const DeviceKey& device) {
  return event.topic.ends_with('/' + device.text());
}

bool is_wanted(const QuarantinedEvent& event, const RequeueOptions& options) {
  if (options.since && event.at < *options.since) return false;
  return !options.device || is_of(event, *options.device);
}

}  // namespace

RowList<QuarantinedEvent> quarantined_rows(ListStore& store) {
  return {.name = "quarantine",
          .filtered = false,
          .read = [&store](const PageStart& start,
                           int limit) { return store.list_quarantined(start, limit); },
          .count = [&store](std::int64_t at_most) { return store.count_quarantined(at_most); }};
}

void write_quarantined(JsonText& json, const QuarantinedEvent& event) {
  json.begin_object()
      .member("id", event.id)
      .member("at", event.at)
      .member("topic", event.topic)
      .member("reason", event.reason)
      .key("event")
      .raw(event.payload)
      .end_object();
}

std::int64_t requeue_quarantined(Store& store, const Context& context,
                                 const RequeueOptions& options,
                                 const std::function<void(const QuarantinedEvent&)>& moved,
                                 const std::function<bool()>& stop) {
  std::int64_t left =
      options.limit == no_limit ? std::numeric_limits<std::int64_t>::max() : options.limit;
  // A daemon may quarantine again what is sent again.
  const auto newest = store.list_quarantined(PageStart::from_end(0), 1).rows;
  const std::int64_t last = newest.empty() ? 0 : newest[0].id;
  std::int64_t count = 0;
  std::string cursor;
  do {
    if (stop && stop()) break;
    auto page = store.list_quarantined(cursor, events_a_transaction);
    cursor = page.rows.empty() || page.rows.back().id >= last ? "" : page.next_cursor;
    std::erase_if(page.rows, [&](const QuarantinedEvent& event) {
      return event.id > last || !is_wanted(event, options);
    });
    if (std::ssize(page.rows) > left) page.rows.resize(static_cast<std::size_t>(left));
    if (!options.dry_run) {
      Transaction transaction{store};
      // Somebody else may have taken it meanwhile.
      std::erase_if(page.rows, [&](const QuarantinedEvent& event) {
        return !store.remove_quarantined(event.id);
      });
      Changes changes;
      for (const QuarantinedEvent& event : page.rows) {
        changes.events.push_back({event.topic, event.payload});
      }
      store.write(context.client_id, changes);
      transaction.commit();
    }
    for (const QuarantinedEvent& event : page.rows) moved(event);
    count += std::ssize(page.rows);
    left -= std::ssize(page.rows);
  } while (left > 0 && !cursor.empty());
  return count;
}

void remove_quarantined(Store& store, const std::vector<std::int64_t>& ids) {
  Transaction transaction{store};
  for (const std::int64_t id : ids) {
    if (store.remove_quarantined(id)) continue;
    throw OperationError::not_found(
        fmt::format("there is no quarantined event {}; nothing is removed", id));
  }
  transaction.commit();
}

std::int64_t remove_all_quarantined(Store& store) {
  std::int64_t removed = 0;
  std::string cursor;
  do {
    Transaction transaction{store};
    const auto page = store.list_quarantined(cursor, events_a_transaction);
    for (const QuarantinedEvent& event : page.rows) {
      if (store.remove_quarantined(event.id)) ++removed;
    }
    transaction.commit();
    cursor = page.next_cursor;
  } while (!cursor.empty());
  return removed;
}

}  // namespace iotcard
