// SPDX-License-Identifier: Apache-2.0
// What SQLite makes of each list of devices: by which index, and whether it sorts.
#include "contract/query_plans.h"
#include "contract/use_everything.h"

namespace iotcard {
namespace {

using Catch::Contains;

// Each order, alone, with its range, and with a test on each row.
std::vector<DeviceFilter> device_filters() {
  std::vector<DeviceFilter> filters;
  for (const bool descending : {false, true}) {
    for (const DeviceOrder order :
         {DeviceOrder::device, DeviceOrder::seen_day, DeviceOrder::iccid}) {
      for (DeviceFilter filter :
           {DeviceFilter{}, DeviceFilter{.silent = true}, DeviceFilter{.iccid_prefix = "8986"},
            DeviceFilter{.seen_before = at(9)}, DeviceFilter{.seen_after = at(1)},
            DeviceFilter{.product = "1", .outcome = Outcome::no_card},
            DeviceFilter{.bound = false, .text = "abc"}}) {
        filter.order = order;
        filter.descending = descending;
        filters.push_back(filter);
      }
    }
  }
  return filters;
}

std::string a_cursor(const DeviceFilter& filter) {
  if (filter.order == DeviceOrder::iccid) return card_one;
  return (filter.order == DeviceOrder::seen_day ? "3 " : "") + device(1).text();
}

}  // namespace

void use_device_lists(Store& store) {
  for (const DeviceFilter& filter : device_filters()) {
    store.list_devices(filter, "", 5);
    store.list_devices(filter, a_cursor(filter), 5);
    store.list_devices(filter, PageStart::from_end(5), 5);
    store.count_devices(filter);
    store.count_devices(filter, 10);
  }
}

TEST_CASE("each order of a list of devices follows its index, from its beginning and a cursor") {
  const SqlitePlace place;
  const auto plan_of = [&](const DeviceFilter& filter, const PageStart& start) {
    const auto list = [&](Store& store) { store.list_devices(filter, start, 5); };
    for (const std::string& sql : queries_of(place, list)) {
      CHECK_THAT(sql, Contains("LIMIT ?"));  // of rows that are looked at
    }
    return plans_of(place, list);
  };
  for (const DeviceFilter& filter : device_filters()) {
    const std::string index = filter.order == DeviceOrder::seen_day ? "device_seen"
                              : filter.order == DeviceOrder::iccid  ? "device_bound"
                              : filter.silent == true               ? "device_silent"
                              : filter.bound == false               ? "device_unbound"
                                                                    : "sqlite_autoindex_device_1";
    for (const PageStart& start :
         {PageStart{""}, PageStart{a_cursor(filter)}, PageStart::from_end(5)}) {
      const std::string plan = plan_of(filter, start);
      CAPTURE(plan, static_cast<int>(filter.order), filter.descending, start.after);
      CHECK_THAT(plan, Contains(index) && !Contains("TEMP B-TREE"));
      if (!start.after.empty()) CHECK_THAT(plan, Contains("SEARCH d "));
    }
  }
  // Both ends of a range are ends of the index's range.
  const DeviceFilter unseen{.seen_before = at(9), .order = DeviceOrder::seen_day};
  CHECK_THAT(plan_of(unseen, ""), Contains("(seen_day>? AND seen_day<?)"));
  CHECK_THAT(plan_of(unseen, a_cursor(unseen)),
             Contains("(seen_day,product,number)>(?,?,?) AND seen_day<?"));
  const DeviceFilter of_cards{.iccid_prefix = "8986", .order = DeviceOrder::iccid};
  CHECK_THAT(plan_of(of_cards, ""), Contains("(bound_iccid>? AND bound_iccid<?)"));
}

}  // namespace iotcard
