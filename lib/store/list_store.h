// SPDX-License-Identifier: Apache-2.0
// list_store.h - The port for lists, counts and scans; read only. A page costs the same wherever in
// its list it is. A cursor is text of the store's own: a list continues behind it, and begins at ""
// or at what is no cursor of this list. One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/list_filters.h"
#include "store/report_store.h"

namespace iotcard {

class ListStore {
 public:
  using TakeCursor = std::function<void(const std::string& cursor)>;
  virtual ~ListStore() = default;

  virtual StorePage<StoredCard> list_cards(const CardFilter& filter, const std::string& after,
                                           int limit) = 0;
  virtual std::int64_t count_cards(const CardFilter& filter) = 0;
  // Calls `take` with the cursor of each `stride`-th card of the list, counting on from `before`.
  // Returns how many cards the list has.
  virtual std::int64_t scan_cards(const CardFilter& filter, std::int64_t stride,
                                  std::int64_t before, const TakeCursor& take) = 0;
  // How many cards there are of each, by its name or number.
  virtual std::vector<std::pair<std::string, std::int64_t>> count_cards_by(CardGroup group) = 0;

  // Devices that have reported, and those that were bound before they did.
  virtual std::optional<DeviceRow> find_device(const DeviceKey& device) = 0;
  virtual StorePage<DeviceRow> list_devices(const DeviceFilter& filter, const std::string& after,
                                            int limit) = 0;
  virtual std::int64_t count_devices() = 0;
  virtual std::int64_t scan_devices(const DeviceFilter& filter, std::int64_t stride,
                                    const TakeCursor& take) = 0;

  virtual std::int64_t count_open_bindings() = 0;
  // By ascending id, or by descending.
  virtual StorePage<Mismatch> list_mismatches(const MismatchFilter& filter,
                                              const std::string& after, int limit) = 0;
  virtual std::int64_t scan_mismatches(const MismatchFilter& filter, std::int64_t stride,
                                       const TakeCursor& take) = 0;
  virtual std::int64_t count_open_mismatches() = 0;

  virtual std::optional<RejectedReport> find_rejected(std::int64_t id) = 0;
  // Newest first.
  virtual StorePage<RejectedReport> list_rejected(const RejectedFilter& filter,
                                                  const std::string& after, int limit) = 0;
  virtual std::int64_t scan_rejected(const RejectedFilter& filter, std::int64_t stride,
                                     const TakeCursor& take) = 0;
  virtual std::int64_t count_rejected() = 0;
};

}  // namespace iotcard
