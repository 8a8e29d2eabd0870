// SPDX-License-Identifier: Apache-2.0
#include "load/cards.h"

#include <algorithm>

#include "load/fleet.h"
#include "store/store.h"
#include "upkeep/expiry_monitor.h"

namespace iotcard {
namespace {

constexpr std::int64_t batch = 100'000;

}  // namespace

void fill_store(const std::string& path, std::int64_t cards) {
  const auto store = open_store("sqlite:" + path);
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  for (std::int64_t first = 0; first < cards; first += batch) {
    Transaction transaction{*store};
    for (std::int64_t i = first; i < std::min(first + batch, cards); ++i) {
      Card card{Iccid::from_canonical(Fleet::card(i)).value()};
      card.platform = 1;
      card.status = CardStatus::active;
      card.plan = "30 MB";
      card.created_at = card.updated_at = now;
      store->add_card(card);
    }
    transaction.commit();
  }
  // As the daemon does once in its first minutes, and then not again.
  ExpiryMonitor watch{*store, "iotcardd"};
  while (watch.step(AlertThresholds{}, {}, now)) {
  }
}

}  // namespace iotcard
