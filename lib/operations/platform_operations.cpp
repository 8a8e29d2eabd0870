// SPDX-License-Identifier: Apache-2.0
#include "operations/platform_operations.h"

#include <fmt/core.h>

#include <algorithm>

#include "operations/card_state.h"

namespace iotcard {
namespace {

constexpr int max_requests = 20;  // of a card
constexpr int held_in_a_transaction = 100;

struct LeaseRow {
  std::string holder;  // "": nobody
  Instant until{};
};

Duty lease_duty(std::int64_t platform) {
  return {Duty::Kind::platform_lease, platform};
}

// "HOLDER UNTIL"
LeaseRow read_lease(StateStore& store, std::int64_t platform) {
  const std::string text = store.duty_state(lease_duty(platform));
  const std::size_t blank = text.rfind(' ');
  if (blank == std::string::npos) return {};
  const auto until = parse_time(std::string_view{text}.substr(blank + 1));
  if (!until) return {};
  return {text.substr(0, blank), *until};
}

}  // namespace

PlatformRequest request_platform(Store& store, const Context& context, const Iccid& iccid,
                                 PlatformRequestKind kind) {
  Transaction transaction{store};
  PlatformRequest request = request_platform_within(store, context, iccid, kind);
  transaction.commit();
  return request;
}

PlatformRequest request_platform_within(Store& store, const Context& context, const Iccid& named,
                                        PlatformRequestKind kind) {
  const Card card = require_card(store, named).card;
  const Iccid& iccid = card.iccid;
  if (!card.platform) {
    throw OperationError::conflict(
        fmt::format("{} has no platform; set its field platform first", named_card(iccid, named)),
        {ErrorKey::platform_not_found});
  }
  const std::vector<PlatformRow> platforms = store.platforms();
  const auto row = std::ranges::find(platforms, *card.platform, &PlatformRow::id);
  if (row != platforms.end() && row->profile.empty()) {
    throw OperationError::conflict(
        fmt::format("{} is of platform {}, which has no profile, so it cannot be asked",
                    named_card(iccid, named), *card.platform),
        {ErrorKey::platform_unavailable, {{"platform", *card.platform}}});
  }
  if (row == platforms.end()) {
    throw OperationError::conflict(
        fmt::format("{} is of platform {}, which is not configured; add a [[platform]] "
                    "section for it, or change the card's field platform",
                    named_card(iccid, named), *card.platform),
        {ErrorKey::platform_not_found, {{"platform", *card.platform}}});
  }
  if (kind == PlatformRequestKind::refresh) {
    for (PlatformRequest& other : store.platform_requests(iccid, max_requests)) {
      const bool open = !other.done_at && other.platform == *card.platform;
      if (open && other.kind == kind) return std::move(other);
    }
  }
  PlatformRequest request{.id = 0,
                          .iccid = iccid,
                          .platform = *card.platform,
                          .kind = kind,
                          .requested_by = context.by,
                          .requested_at = context.now};
  request.id = store.add_platform_request(request);
  return request;
}

bool acquire_lease(StateStore& store, std::int64_t platform, const std::string& holder, Instant now,
                   Duration length) {
  // A lease that ends later than any that starts now was written by a clock that ran ahead.
  const auto is_taken = [&](const LeaseRow& lease) {
    return !lease.holder.empty() && lease.holder != holder && lease.until > now &&
           lease.until <= now + 2 * length;
  };
  const LeaseRow known = read_lease(store, platform);
  if (is_taken(known)) return false;
  const bool young = known.until > now + length / 2 && known.until <= now + length;
  if (known.holder == holder && young) return true;
  Transaction transaction{store};
  if (is_taken(read_lease(store, platform))) return false;
  store.set_duty_state(lease_duty(platform), holder + ' ' + to_rfc3339(now + length));
  transaction.commit();
  return true;
}

std::string lease_holder(StateStore& store, std::int64_t platform, Instant now) {
  const LeaseRow lease = read_lease(store, platform);
  return lease.until > now ? lease.holder : "";
}

void release_lease(StateStore& store, std::int64_t platform, const std::string& holder) {
  Transaction transaction{store};
  if (read_lease(store, platform).holder != holder) return;
  store.set_duty_state(lease_duty(platform), "");
  transaction.commit();
}

std::vector<PlatformFacts> describe_platforms(Store& store, const Context& context) {
  std::vector<PlatformFacts> facts;
  for (PlatformRow& row : store.platforms()) {
    const std::int64_t id = row.id;
    facts.push_back({.row = std::move(row),
                     .age = store.platform_age(id),
                     .asked_by = lease_holder(store, id, context.now)});
  }
  return facts;
}

std::int64_t accept_not_found(Store& store, const Context& context, std::int64_t platform,
                              Duration length,
                              const std::function<void(std::int64_t cards)>& progress) {
  const std::vector<PlatformRow> rows = store.platforms();
  const auto row = std::ranges::find(rows, platform, &PlatformRow::id);
  if (row == rows.end()) {
    throw OperationError::not_found(
        fmt::format("there is no platform {}; see platform list", platform),
        {ErrorKey::platform_not_found, {{"platform", platform}}});
  }
  if (row->round.held == 0) return 0;
  NotFoundRound round;
  round.accepted_until = context.now + length;
  store.save_not_found_round(platform, round);
  std::int64_t changed = 0;
  for (;;) {
    Transaction transaction{store};
    const std::vector<Iccid> held = store.held_not_found(platform, held_in_a_transaction);
    if (held.empty()) return changed;
    for (const Iccid& iccid : held) {
      const auto card = store.find_card(iccid);
      if (card && card->card.platform == platform) {
        mark_not_found(store, context, *card);
        ++changed;
      }
      store.release_not_found(platform, iccid);
    }
    transaction.commit();
    if (progress) progress(changed);
  }
}

void write_accepted_not_found(JsonText& json, std::int64_t platform, std::int64_t cards) {
  json.begin_object().member("platform", platform).member("accepted", cards).end_object();
}

PlatformState state_of(const PlatformFacts& facts) {
  if (facts.row.round.wave_since) return PlatformState::failing;
  if (facts.row.health.failures > 0) return PlatformState::failing;
  return facts.row.health.last_answer ? PlatformState::well : PlatformState::not_asked;
}

std::string fault_of(const PlatformFacts& facts) {
  if (facts.row.round.wave_since) return "not_found";
  return facts.row.health.failures > 0 ? facts.row.health.fault : "";
}

std::string failure_of(const PlatformFacts& facts) {
  const NotFoundRound& round = facts.row.round;
  if (!round.wave_since) return facts.row.health.failures > 0 ? facts.row.health.failure : "";
  return fmt::format(
      "it does not find {} cards that it had; they keep their state. If they are gone, let that "
      "through: iotcardctl platform accept-not-found {}",
      round.held, facts.row.id);
}

}  // namespace iotcard
