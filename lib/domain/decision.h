// SPDX-License-Identifier: Apache-2.0
// decision.h - What one report means: a pure function of the report, what the store knows about
// its device and card, the policy and the time. All rules for bindings and mismatches are here.
// Not the doing: writes and events are returned, and the applier carries them out in one
// transaction. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "domain/card.h"
#include "domain/device.h"
#include "domain/device_report.h"
#include "domain/event.h"
#include "domain/iccid.h"

namespace iotcard {

// What an accepted report came to; each has exactly one.
enum class Outcome : std::uint8_t {
  no_card,
  iccid_invalid,
  iccid_ambiguous,
  card_unknown,
  wrong_platform,
  device_has_other_card,  // the SIM was swapped
  card_in_use,            // the SIM was moved, or cloned
  binding_created,
  binding_confirmed,
};
inline constexpr std::size_t outcome_count =
    static_cast<std::size_t>(Outcome::binding_confirmed) + 1;
inline constexpr std::array mismatch_outcomes = {
    Outcome::iccid_invalid,  Outcome::iccid_ambiguous,       Outcome::card_unknown,
    Outcome::wrong_platform, Outcome::device_has_other_card, Outcome::card_in_use};
EventKind event_kind(Outcome outcome);
inline std::string_view outcome_name(Outcome outcome) {
  return event_names[event_kind(outcome)];
}

enum class OnConflict : std::uint8_t {
  hold,    // the binding stays until an operator accepts
  follow,  // the last report wins
};
inline constexpr auto on_conflict_names = make_name_table<OnConflict>("hold", "follow");

struct Policy {
  OnConflict on_conflict = OnConflict::hold;
  AlertThresholds alerts;
  // Events that nobody wants: decide() makes none of those for the outcome, and apply_change()
  // takes none of any.
  EventKinds mute{};
};

// Card and device belong together, from a time until a time. Open while `until` is absent.
struct Binding {
  std::int64_t id = 0;
  DeviceKey device;
  Iccid iccid;
  Match match = Match::exact;
  Instant since;
  Instant last_seen;  // the device's last report of this card; `since` if it made none
  std::optional<Instant> until;
  std::string created_by;  // "report", or who
  std::string ended_by;    // "" while open
};

enum class MismatchState : std::uint8_t {
  open,
  dismissed,  // by an operator: the cause stands, nobody need look
  accepted,   // by an operator: the binding followed
  followed,   // by policy: likewise
  cleared,    // the cause is gone
};
inline constexpr auto mismatch_state_names =
    make_name_table<MismatchState>("open", "dismissed", "accepted", "followed", "cleared");

// What a report disagreed about. It *stands* (`ended` absent) while its cause does: open or
// dismissed. A device has at most one standing mismatch about a card and one about an unreadable
// ICCID.
struct Mismatch {
  std::int64_t id = 0;
  DeviceKey device;
  Outcome outcome;       // one of the mismatches
  std::string reported;  // the canonical ICCID; for iccid_invalid the problem's name
  std::optional<std::int64_t> platform;  // that the last report of it named
  MismatchState state = MismatchState::open;
  std::int64_t count = 1;  // reports
  Instant first_seen;
  Instant last_seen;
  std::optional<Instant> ended;
  std::string ended_by;  // "report", "policy", or who; "" while it stands
  std::optional<Instant> dismissed{};
  std::string dismissed_by{};

  bool about_iccid() const { return outcome == Outcome::iccid_invalid; }
};

// A stored card that fits the reported ICCID, as far as a decision goes by it.
struct MatchedCard {
  CardState card;
  Match match = Match::exact;
  std::optional<Binding> binding;  // the open one
  AbnormalReasons raised;          // abnormal, as last announced
};

// The same with all that the store has of the card.
struct StoredCard {
  Card card;
  Match match = Match::exact;
  std::optional<Binding> binding;
  AbnormalReasons raised;

  operator MatchedCard() const { return {card, match, binding, raised}; }
};

// All that decide() needs of the store; gathered by store/knowledge.h.
struct DecisionInputs {
  std::vector<MatchedCard> cards{};          // the exact one alone, or all of the other length
  std::vector<Iccid> rounding_candidates{};  // at most 5; only for a rounded value without a card
  std::optional<Binding> device_binding{};   // the open one
  std::vector<Mismatch> standing{};          // of this device, at most two
  // When this device first reported the one card that fits, as far as the store remembers.
  std::optional<Instant> first_reported{};
};

struct CreateBinding {
  DeviceKey device;
  Iccid iccid;
  Match match;
  Instant at;
  std::string by;
};
struct ConfirmBinding {
  std::int64_t id;
  Instant at;
};
struct EndBinding {
  std::int64_t id;
  Instant at;
  std::string by;
};
struct RaiseMismatch {
  Mismatch mismatch;  // id not yet known
};
struct RepeatMismatch {
  std::int64_t id;
  Instant at;
  std::int64_t count;
  std::optional<std::int64_t> platform;  // that this report named
};
struct EndMismatch {
  std::int64_t id;
  MismatchState state;
  Instant at;
  std::string by;
};
struct SetAbnormal {
  Iccid iccid;
  AbnormalReasons reasons;
};
using Write = std::variant<CreateBinding, ConfirmBinding, EndBinding, RaiseMismatch, RepeatMismatch,
                           EndMismatch, SetAbnormal>;

struct Decision {
  Outcome outcome;
  std::optional<Match> match;
  std::vector<Write> writes;
  // In the order in which they are published: what the report cleared, its outcome, what followed
  // from that, the card's own.
  std::vector<Event> events;
};

// `now` is when the report came. A card is judged as of then, or as of `judged` where an old report
// is decided anew: it must not make a card well that has expired since.
Decision decide(const DeviceKey& device, const DeviceReport& report,
                const DecisionInputs& knowledge, const Policy& policy, Instant now,
                std::optional<Instant> judged = {});

// The same writes and events when it is an operator who decides.
struct Change {
  std::vector<Write> writes;
  std::vector<Event> events;
};
// Binds, ending whatever open bindings stand in the way.
Change bind(const DeviceKey& device, const MatchedCard& card,
            const std::optional<Binding>& device_binding, const AlertThresholds& thresholds,
            const std::string& by, Instant now);
Change release(const Binding& binding, const std::string& by, Instant now);
// Ends a mismatch that stands; an open one is announced as cleared.
Change end_mismatch(const Mismatch& mismatch, MismatchState state, const std::string& by,
                    Instant now);
// The edge between well and abnormal, if the card has crossed it.
Change judge_card(const MatchedCard& card, const AlertThresholds& thresholds, Instant now);

}  // namespace iotcard
