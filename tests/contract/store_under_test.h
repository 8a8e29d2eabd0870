// SPDX-License-Identifier: Apache-2.0
// store_under_test.h - The fixture of the contract suite: every test case runs once for each kind
// of store, on a fresh one, through the port alone. A new kind is a new StorePlace and a line in
// store_under_test.cpp. With it the samples that the tests write.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"
#include "support/store_writes.h"

namespace iotcard {

// Where one fresh store lives; gone with this object.
class StorePlace {
 public:
  virtual ~StorePlace() = default;
  virtual std::string url() const = 0;
  virtual void set_schema_version(int version) = 0;  // behind the port's back
};

struct StoreUnderTest {
  StoreUnderTest();
  std::unique_ptr<Store> connect() const { return open_store(place->url()); }

  std::unique_ptr<StorePlace> place;
  std::unique_ptr<Store> store;
};

// Times are whole milliseconds, as a store keeps them.
Instant at(int seconds);
Iccid iccid(std::string_view text);
Card a_card(std::string_view text);
using Texts = std::vector<std::string>;
Texts texts(const std::vector<StoredCard>& cards);  // their ICCIDs
DeviceKey device(int number);
DeviceReport a_report(std::string_view text);
Mismatch a_mismatch(const DeviceKey& device, Outcome outcome, const std::string& reported);
Event an_event(const DeviceKey& device);
void append(ReportStore& store, const std::string& client_id, const Event& event);

CreateBinding a_binding(const DeviceKey& device, std::string_view text, int since = 100);
Binding an_open_binding(const DeviceKey& device, std::string_view text);  // for Changes
// The error that `action` fails with; fails the test if it does not.
template <typename Action>
StoreError error_of(Action action) {
  try {
    action();
  } catch (const StoreError& error) {
    return error;
  }
  FAIL("it did not fail");
  return {StoreError::Kind::unavailable, ""};
}

inline const std::string card_one = "898604293620C0000970";
inline const std::string card_two = "89860617060065258667";
inline const std::string card_three = "8986031234567890123";

}  // namespace iotcard
