// SPDX-License-Identifier: Apache-2.0
// apply_world.h - A store in memory to which tests apply reports, in batches or one by one, and on
// which operators act between them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ingest/apply_reports.h"
#include "operations/card_state.h"

namespace iotcard::apply_world {

inline const std::string client = "test";

class SetClock : public Clock {
 public:
  Instant now() const override { return time; }
  Instant time = *parse_time("2026-11-24T08:00:00Z");
};

// Two of 20 characters share their first 19, so the 19 are ambiguous; one looks rounded.
inline const std::vector<std::string> cards{"898604293620C0000970", "89860429362070000974",
                                            "89860429362070000975", "8986042936207000123",
                                            "89860617060065258667", "89860000000000000000"};
struct World {
  void apply(std::span<const BatchItem> items, const ApplyRules& rules, const Clock& clock) {
    const CardStateHook card_state = [&](Store& to, const std::string& iccid,
                                         const std::string& payload) -> std::optional<std::string> {
      try {
        set_card_state_within(to, context(rules, clock), iccid_from_operator(iccid),
                              card_state_from_json(payload));
        return std::nullopt;
      } catch (const OperationError& error) {
        return error.what();
      }
    };
    Transaction transaction{*store};
    apply_reports(*store, items, read_reports(items, rules.sources),
                  {client, rules, card_state, clock});
    transaction.commit();
  }
  // An operator's act; what it refuses changes nothing.
  template <typename Act>
  void act(const ApplyRules& rules, const Clock& clock, const Act& act) {
    try {
      act(*store, context(rules, clock));
    } catch (const OperationError&) {
    }
  }
  static Context context(const ApplyRules& rules, const Clock& clock) {
    return {client, rules.policy, rules.sources, "ann", clock.now()};
  }

  std::unique_ptr<Store> store = open_store("sqlite::memory:");
};

}  // namespace iotcard::apply_world
