// SPDX-License-Identifier: Apache-2.0
#include "contract/store_under_test.h"
#include "support/list_pages.h"

namespace iotcard {
namespace {

std::vector<DeviceKey> keys(const std::vector<DeviceRow>& rows) {
  std::vector<DeviceKey> result;
  for (const DeviceRow& row : rows) result.push_back(row.device);
  return result;
}

LastReport last_report(int seconds, DeviceReport reading = {}) {
  return {"/1/D001/info/post", "{}", at(seconds), std::move(reading), Outcome::no_card};
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "a device's last report is read back as it was") {
  DeviceReport reading = a_report("\"" + card_one);
  reading.platform = 3;
  reading.rssi = -60;
  reading.status = 4;
  reading.firmware_version = "1.0.0";
  reading.user_id = "1";
  reading.longitude = 116.3912757;
  reading.latitude = -0.1;
  reading.summary = R"({"name":"fastbee"})";
  reading.leniencies = {Leniency::unquoted_iccid, Leniency::trailing_comma};
  reading.issues = {"rssi: not an integer", "userId: neither text nor a number"};
  const std::string payload("{\"iccid\":\xFF\0}", 12);
  save_report(*store, device(1),
              {"/1/D001/info/post", payload, at(10), reading, Outcome::binding_created});
  const auto row = store->find_device(device(1));
  REQUIRE(row);
  CHECK(row->device == device(1));
  CHECK(row->reports == 1);
  CHECK(row->first_seen == at(10));
  CHECK(row->last_seen == at(10));
  CHECK(row->last_topic == "/1/D001/info/post");
  CHECK(row->last_payload == payload);
  CHECK(row->reported_iccid == card_one);
  CHECK(row->platform == 3);
  CHECK(row->rssi == -60);
  CHECK(row->status == 4);
  CHECK(row->firmware_version == "1.0.0");
  CHECK(row->user_id == "1");
  CHECK(row->longitude == 116.3912757);
  CHECK(row->latitude == -0.1);
  CHECK(row->summary == R"({"name":"fastbee"})");
  CHECK(row->leniencies == std::vector<std::string>{"trailing-comma", "unquoted-iccid"});
  CHECK(row->issues == reading.issues);
  CHECK(row->outcome == "binding.created");
  CHECK_FALSE(row->binding);
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a device is new once, whether it is bound first or reports first") {
  const LastReport unknown{"t", "{}", at(10), a_report(card_one), Outcome::card_unknown};
  const LastReport bound{"t", "{}", at(20), a_report(card_one), Outcome::binding_created};
  const auto is_new = [&](int number, const LastReport& report) {
    UnitOfWork work{store->read({{device(number)}, {}})};
    work.save(device(number), report);
    const Changes changes = work.take();
    store->write("", changes);
    return changes.devices.at(0).id == 0;
  };
  CHECK(is_new(1, unknown));
  CHECK_FALSE(is_new(1, bound));
  CHECK(store->find_device(device(1)).value().reports == 2);
  CHECK(store->find_device(device(1)).value().first_seen == at(10));
  CHECK(store->find_device(device(1)).value().outcome == "binding.created");
  apply(*store, a_binding(device(2), card_one));
  CHECK_FALSE(is_new(2, bound));
  CHECK(store->find_device(device(2)).value().reports == 1);
  CHECK(store->find_device(device(2)).value().first_seen == at(20));
}

TEST_CASE_METHOD(StoreUnderTest, "a later report replaces the one before and is counted") {
  DeviceReport full = a_report(card_one);
  full.rssi = -60;
  full.firmware_version = "1";
  full.issues = {"x: y"};
  save_report(*store, device(1), last_report(10, full));
  save_report(*store, device(1), last_report(20));
  const DeviceRow row = store->find_device(device(1)).value();
  CHECK(row.reports == 2);
  CHECK(row.first_seen == at(10));
  CHECK(row.last_seen == at(20));
  CHECK(row.reported_iccid.empty());
  CHECK_FALSE(row.rssi);
  CHECK(row.firmware_version.empty());
  CHECK(row.issues.empty());
  CHECK(row.outcome == "report.no_card");
}

TEST_CASE_METHOD(StoreUnderTest, "an empty payload is kept as one") {
  save_report(*store, device(1), {"", "", at(1), {}, Outcome::no_card});
  CHECK(store->find_device(device(1)).value().last_payload.empty());
}

TEST_CASE_METHOD(StoreUnderTest, "a device that is bound before it reports is listed") {
  apply(*store, a_binding(device(1), card_one));
  const auto row = store->find_device(device(1));
  REQUIRE(row);
  CHECK(row->reports == 0);
  CHECK_FALSE(row->first_seen);
  CHECK_FALSE(row->last_seen);
  CHECK(row->outcome.empty());
  REQUIRE(row->binding);
  CHECK(row->binding->iccid.text() == card_one);
  save_report(*store, device(1), last_report(30));
  CHECK(store->find_device(device(1)).value().first_seen == at(30));
  CHECK(store->count_devices() == 1);
}

TEST_CASE_METHOD(StoreUnderTest, "an unknown device is not found") {
  CHECK_FALSE(store->find_device(device(1)));
  CHECK(store->count_devices() == 0);
}

TEST_CASE_METHOD(StoreUnderTest, "devices are listed by product, then number, page by page") {
  const std::vector<DeviceKey> all = {{"1", "A"}, {"1", "B"}, {"1", "C"}, {"10", "A"}, {"2", "A"}};
  for (auto key = all.rbegin(); key != all.rend(); ++key) save_report(*store, *key, last_report(1));
  CHECK(store->count_devices() == 5);
  for (int size = 1; size <= 6; ++size) {
    std::vector<DeviceKey> listed;
    std::string after;
    while (true) {
      const auto page = store->list_devices({}, after, size);
      for (const DeviceKey& key : keys(page.rows)) listed.push_back(key);
      after = page.next_cursor;
      if (after.empty()) break;
    }
    CHECK(listed == all);
  }
  for (const std::string product : {"", "1"}) {
    check_pages(
        [&](const PageStart& start, int limit) {
          const auto page = store->list_devices({.product = product}, start, limit);
          return std::pair{keys(page.rows), page.next_cursor};
        },
        product.empty() ? 5 : 3);
  }
}

TEST_CASE_METHOD(StoreUnderTest, "a list of devices applies every filter") {
  const DeviceKey a{"1", "A"};
  const DeviceKey b{"1", "B"};
  const DeviceKey c{"2", "A"};
  for (const DeviceKey& key : {a, b, c}) save_report(*store, key, last_report(1));
  apply(*store, a_binding(b, card_one));
  using Keys = std::vector<DeviceKey>;
  CHECK(keys(store->list_devices({.product = "1"}, "", 9).rows) == Keys{a, b});
  CHECK(keys(store->list_devices({.product = "1"}, a.text(), 9).rows) == Keys{b});
  CHECK(keys(store->list_devices({.product = "2"}, b.text(), 9).rows) == Keys{c});
  CHECK(keys(store->list_devices({.product = "1"}, c.text(), 9).rows).empty());
  CHECK(keys(store->list_devices({.bound = true}, "", 9).rows) == Keys{b});
  CHECK(keys(store->list_devices({.bound = false}, "", 9).rows) == Keys{a, c});
  CHECK(keys(store->list_devices({.product = "1", .bound = false}, "", 9).rows) == Keys{a});
  CHECK(store->count_devices({.product = "1"}) == 2);
  CHECK(store->count_devices({.bound = true}) == 1);
  CHECK(store->count_devices({.product = "1", .bound = false, .number_prefix = "A"}) == 1);
  CHECK(store->count_devices({}, 2) == 2);
}

namespace {

constexpr int a_day = 86'400;

// Devices 1 to 5, of which each has reported something else.
void save_various(Store& store) {
  DeviceReport plain = a_report(card_one);
  save_report(store, device(1), {"t", "{}", at(0), plain, Outcome::binding_created});
  apply(store, a_binding(device(1), card_one, 0));
  DeviceReport odd = a_report("\"" + card_two);
  odd.leniencies = {Leniency::unquoted_iccid};
  odd.issues = {"rssi: not an integer"};
  save_report(store, device(2), {"t", "{}", at(a_day), odd, Outcome::card_unknown});
  DeviceReport weak;
  weak.rssi = -110;
  weak.firmware_version = "1.0.1";
  weak.user_id = "50%_off";
  save_report(store, device(3), {"t", "{}", at(2 * a_day), weak, Outcome::no_card});
  save_report(store, device(4), {"t", "{}", at(2 * a_day + 60), {}, Outcome::no_card});
  apply(store, a_binding(device(5), card_two));  // has not reported
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "devices are filtered by their last report") {
  save_various(*store);
  using Keys = std::vector<DeviceKey>;
  const auto check = [&](const DeviceFilter& filter, const Keys& expected) {
    CHECK(keys(store->list_devices(filter, "", 9).rows) == expected);
    CHECK(store->count_devices(filter) == std::ssize(expected));
    const auto scanned = store->count_scanned_devices(filter);
    if (scanned) CHECK(scanned->rows == std::ssize(expected));
    if (scanned) CHECK_FALSE(scanned->is_lower_bound);
  };
  check({.outcome = Outcome::no_card}, {device(3), device(4)});
  check({.leniency = Leniency::unquoted_iccid}, {device(2)});
  check({.leniency = Leniency::trimmed}, {});
  check({.issue = "RSSI"}, {device(2)});
  check({.firmware = "1.0.1"}, {device(3)});
  check({.firmware = "1.0"}, {});
  check({.rssi_below = -100}, {device(3)});
  check({.rssi_below = -110}, {});
  check({.text = card_one.substr(5, 9)}, {device(1)});
  check({.text = "50%_O"}, {device(3)});
  check({.text = "0%0"}, {});
  check({.text = "1/d00"}, {device(1), device(2), device(3), device(4), device(5)});
  check({.iccid_prefix = "8986", .order = DeviceOrder::iccid}, {device(1), device(5)});
  check({.iccid_prefix = card_two, .order = DeviceOrder::iccid}, {device(5)});
  check({.iccid_prefix = card_two}, {device(5)});
  check({.product = "1", .iccid_prefix = card_two}, {device(5)});
  check({.bound = true}, {device(1), device(5)});
  check({.seen_before = at(2 * a_day + 60)}, {device(1), device(2), device(3)});
  check({.seen_after = at(2 * a_day + 60)}, {device(4)});
  check({.outcome = Outcome::no_card, .rssi_below = 0}, {device(3)});
  check({.silent = true}, {});
  check({.silent = false}, {device(1), device(2), device(3), device(4), device(5)});
}

TEST_CASE_METHOD(StoreUnderTest, "devices are sorted by the day of their last report") {
  save_various(*store);
  using Keys = std::vector<DeviceKey>;
  const auto list = [&](const DeviceFilter& filter) {
    return keys(store->list_devices(filter, "", 9).rows);
  };
  CHECK(list({.order = DeviceOrder::seen_day}) ==
        Keys{device(5), device(1), device(2), device(3), device(4)});
  CHECK(list({.order = DeviceOrder::seen_day, .descending = true}) ==
        Keys{device(4), device(3), device(2), device(1), device(5)});
  // A device that reports on another day moves.
  save_report(*store, device(1), last_report(3 * a_day));
  CHECK(list({.seen_after = at(0), .order = DeviceOrder::seen_day}) ==
        Keys{device(2), device(3), device(4), device(1)});
  CHECK(list({.seen_before = at(2 * a_day), .order = DeviceOrder::seen_day}) == Keys{device(2)});
}

TEST_CASE_METHOD(StoreUnderTest, "lists of devices in each order and with tests have good pages") {
  save_various(*store);
  for (const bool descending : {false, true}) {
    for (const DeviceOrder order :
         {DeviceOrder::device, DeviceOrder::seen_day, DeviceOrder::iccid}) {
      for (const bool tested : {false, true}) {
        const DeviceFilter filter{
            .text = tested ? "1/D" : "", .order = order, .descending = descending};
        CAPTURE(descending, static_cast<int>(order), tested);
        check_pages(
            [&](const PageStart& start, int limit) {
              const auto page = store->list_devices(filter, start, limit);
              return std::pair{keys(page.rows), page.next_cursor};
            },
            order == DeviceOrder::iccid ? 2 : 5);
      }
    }
  }
}

TEST_CASE_METHOD(StoreUnderTest, "a device is marked silent, and its next report takes the mark") {
  save_report(*store, device(1), last_report(10));
  save_report(*store, device(2), last_report(20));
  apply(*store, a_binding(device(3), card_one));  // has not reported
  auto due = store->devices_to_check(at(15), at(30), 9);
  REQUIRE(due.size() == 2);
  CHECK(due[0].device == device(3));
  CHECK_FALSE(due[0].last_seen);
  CHECK(due[1].device == device(1));
  CHECK(due[1].last_seen == at(10));
  CHECK(due[1].seen_from == at(10));
  store->set_seen_from(due[0].id, at(30));
  store->mark_silent(due[1].id, at(31));
  CHECK(store->devices_to_check(at(15), at(30), 9).empty());
  CHECK(store->find_device(device(1)).value().silent_since == at(31));
  CHECK(store->list_devices({.silent = true}, "", 9).rows.at(0).device == device(1));
  CHECK(store->count_devices({.silent = true}) == 1);
  CHECK(store->read({{device(1)}, {}}).devices.at(0).silent_since == at(31));
  save_report(*store, device(1), last_report(40));
  CHECK(store->count_devices({.silent = true}) == 0);
  CHECK_FALSE(store->find_device(device(1)).value().silent_since);
  // It is watched again, from what was known of it before.
  CHECK(store->devices_to_check(at(15), at(50), 9).at(0).last_seen == at(40));
  store->mark_silent(due[1].id, at(31));
  CHECK(store->forget_silence(9) == 1);
  CHECK(store->forget_silence(9) == 0);
}

TEST_CASE_METHOD(StoreUnderTest, "a device that was seen behind now is checked") {
  save_report(*store, device(1), last_report(1000));
  CHECK(store->devices_to_check(at(1), at(2), 9).at(0).device == device(1));
  CHECK(store->devices_to_check(at(1), at(1000), 9).empty());
}

}  // namespace iotcard
