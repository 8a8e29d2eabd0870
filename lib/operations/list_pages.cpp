// SPDX-License-Identifier: Apache-2.0
// Pages of lists, by their number.
#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "operations/listing.h"

namespace iotcard {
namespace {

constexpr int max_history = 10'000;  // bindings

// The rows of a page, which begins at its position.
template <typename Row, typename Read>
ListPage<Row> read_page(const PagePosition& position, const PageRequest& page,
                        std::int64_t first_row, const Read& read) {
  ListPage<Row> result{.total = position.total, .rows = {}};
  if (first_row >= position.total) return result;
  result.rows = read(position.cursor, static_cast<int>(position.skip) + page.size);
  const auto skip =
      std::min<std::int64_t>(position.skip, static_cast<std::int64_t>(result.rows.size()));
  result.rows.erase(result.rows.begin(), result.rows.begin() + skip);
  return result;
}

std::int64_t first_row(const PageRequest& page) {
  return (page.number - 1) * page.size;
}

// At most `limit` cards after the cursor, which is "<number of the part>:<cursor in it>".
std::vector<StoredCard> read_parts(ListStore& store, const std::vector<CardFilter>& parts,
                                   const std::string& cursor, std::size_t limit) {
  std::size_t part = cursor.empty() ? 0 : static_cast<std::size_t>(cursor[0] - '0');
  std::string after = cursor.empty() ? "" : cursor.substr(2);
  std::vector<StoredCard> cards;
  for (; part < parts.size() && cards.size() < limit; ++part, after.clear()) {
    auto more = store.list_cards(parts[part], after, static_cast<int>(limit - cards.size())).rows;
    std::move(more.begin(), more.end(), std::back_inserter(cards));
  }
  return cards;
}

std::int64_t scan_parts(ListStore& store, const std::vector<CardFilter>& parts, std::int64_t stride,
                        const PageCursorCache::TakeCursor& take) {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    total += store.scan_cards(parts[i], stride, total, [&](const std::string& cursor) {
      take(std::to_string(i) + ':' + cursor);
    });
  }
  return total;
}

std::string name_of(const CardQuery& query) {
  const CardFilter& filter = query.filter;
  const auto number = [](const auto& value) {
    return value ? std::to_string(static_cast<std::int64_t>(*value)) : std::string{};
  };
  // What is asked for by the distance from now is the same list for a minute.
  const auto time = [](const std::optional<Instant>& value) {
    return value ? to_rfc3339(std::chrono::floor<std::chrono::minutes>(*value)) : std::string{};
  };
  return fmt::format("cards\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}",
                     filter.iccid_prefix, number(filter.status), number(filter.platform),
                     number(filter.bound), filter.operator_name, number(filter.reason),
                     time(filter.expires_after), time(filter.expires_until),
                     filter.used_share_from.value_or(-1), filter.text,
                     static_cast<int>(filter.order), filter.descending, query.abnormal);
}

template <typename Row, typename Scan, typename Read>
ListPage<Row> page_of(const std::string& name, const PageRequest& page, PageCursorCache& cursors,
                      const Scan& scan, const Read& read) {
  return read_page<Row>(cursors.find(name, first_row(page), scan), page, first_row(page), read);
}

}  // namespace

ListPage<StoredCard> card_page(ListStore& store, const Context& context, const CardQuery& query,
                               const PageRequest& page, PageCursorCache& cursors) {
  const std::vector<CardFilter> parts = list_parts(query, context);
  return page_of<StoredCard>(
      name_of(query), page, cursors,
      [&](std::int64_t stride, const PageCursorCache::TakeCursor& take) {
        return scan_parts(store, parts, stride, take);
      },
      [&](const std::string& cursor, int limit) {
        return read_parts(store, parts, cursor, static_cast<std::size_t>(limit));
      });
}

ListPage<DeviceRow> device_page(ListStore& store, const DeviceFilter& filter,
                                const PageRequest& page, PageCursorCache& cursors) {
  const std::string bound = filter.bound ? (*filter.bound ? "bound" : "free") : "";
  const std::string name =
      fmt::format("devices\n{}\n{}\n{}", filter.product, filter.number_prefix, bound);
  return page_of<DeviceRow>(
      name, page, cursors,
      [&](std::int64_t stride, const auto& take) {
        return store.scan_devices(filter, stride, take);
      },
      [&](const std::string& cursor, int limit) {
        return store.list_devices(filter, cursor, limit).rows;
      });
}

ListPage<MismatchDetails> mismatch_page(Store& store, const MismatchFilter& filter,
                                        const PageRequest& page, PageCursorCache& cursors) {
  const std::string name =
      fmt::format("mismatches\n{}\n{}\n{}\n{}\n{}", filter.standing_only, filter.newest_first,
                  filter.outcome ? outcome_name(*filter.outcome) : "",
                  filter.device ? filter.device->text() : "",
                  filter.state ? mismatch_state_names[*filter.state] : "");
  return page_of<MismatchDetails>(
      name, page, cursors,
      [&](std::int64_t stride, const auto& take) {
        return store.scan_mismatches(filter, stride, take);
      },
      [&](const std::string& cursor, int limit) {
        return describe_mismatches(store, store.list_mismatches(filter, cursor, limit).rows);
      });
}

ListPage<RejectedReport> rejected_page(ListStore& store, const RejectedFilter& filter,
                                       const PageRequest& page, PageCursorCache& cursors) {
  const std::string name =
      fmt::format("rejected\n{}", filter.reason ? rejection_reason_names[*filter.reason] : "");
  return page_of<RejectedReport>(
      name, page, cursors,
      [&](std::int64_t stride, const auto& take) {
        return store.scan_rejected(filter, stride, take);
      },
      [&](const std::string& cursor, int limit) {
        return store.list_rejected(filter, cursor, limit).rows;
      });
}

ListPage<Binding> binding_page(Store& store, const Iccid& iccid, const PageRequest& page) {
  require_card(store, iccid);
  ListPage<Binding> result;
  result.rows = store.binding_history(iccid, max_history);
  result.total = static_cast<std::int64_t>(result.rows.size());
  const auto first = std::min(first_row(page), result.total);
  const auto behind = std::min(first + page.size, result.total);
  result.rows = {result.rows.begin() + first, result.rows.begin() + behind};
  return result;
}

}  // namespace iotcard
