// SPDX-License-Identifier: Apache-2.0
#include "operations/usage.h"

namespace iotcard {
namespace {

std::string day_of(Instant time) {
  return to_rfc3339(time).substr(0, std::string_view{"2026-11-23"}.size());
}

}  // namespace

void note_usage(CardStore& store, const Context& context, const Card& card,
                const std::optional<std::int64_t>& before) {
  if (!card.used_bytes || card.used_bytes == before) return;
  const Instant oldest = context.now - std::chrono::days{usage_days - 1};
  store.save_usage(card.iccid, {day_of(context.now), *card.used_bytes}, day_of(oldest));
}

}  // namespace iotcard
