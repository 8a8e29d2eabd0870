// SPDX-License-Identifier: Apache-2.0
// decision.h - What one report means: a function of the report, what the store knows about its
// device and card, the policy and the time. It has all rules for bindings and mismatches. It
// changes nothing: the applier makes the writes and events it returns, in one transaction. Pure;
// any thread.
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

// The outcome of an accepted report; each report has exactly one.
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
// The kinds of events begin with the outcomes, in the same order.
constexpr EventKind event_kind(Outcome outcome) {
  return static_cast<EventKind>(outcome);
}
static_assert(event_kind(Outcome::no_card) == EventKind::report_no_card);
static_assert(event_kind(Outcome::card_in_use) == EventKind::mismatch_card_in_use);
static_assert(event_kind(Outcome::binding_confirmed) == EventKind::binding_confirmed);
inline std::string_view outcome_name(Outcome outcome) {
  return event_names[event_kind(outcome)];
}
std::optional<Outcome> outcome_named(std::string_view name);

enum class OnConflict : std::uint8_t {
  hold,    // the binding stays until an operator accepts
  follow,  // the last report wins
};
inline constexpr auto on_conflict_names = make_name_table<OnConflict>("hold", "follow");

struct Policy {
  OnConflict on_conflict = OnConflict::hold;
  AlertThresholds alerts;
  // Events that are not published: decide() makes none of them for the outcome, apply_change()
  // drops the others.
  EventKinds mute{};
  bool publish_dismissed = false;  // outcome events of dismissed mismatches, too
};

// Card and device belong together from `since` until `until`; open while `until` is absent.
struct Binding {
  DeviceKey device;
  Iccid iccid;
  Match match = Match::exact;
  Instant since;
  Instant last_seen;  // the device's last report of this card; `since` if it made none
  std::optional<Instant> until;
  std::string created_by;  // "report", or who
  std::string ended_by;    // "" while open
  std::string imei{};      // while open: of the device, in its last report that had one
};

enum class MismatchState : std::uint8_t {
  open,
  dismissed,  // by an operator: the cause remains, no action is needed
  accepted,   // by an operator: the binding changed
  followed,   // by the policy: the binding changed
  cleared,    // the cause is gone
};
inline constexpr auto mismatch_state_names =
    make_name_table<MismatchState>("open", "dismissed", "accepted", "followed", "cleared");

// Which of a device's standing mismatches: a device has at most one about a card and one about an
// unreadable ICCID.
struct MismatchKey {
  DeviceKey device;
  bool about_iccid = false;
  friend bool operator==(const MismatchKey&, const MismatchKey&) = default;
};

// Of a card that another device holds: `cloned` if the holder has reported it since the newcomer
// first did.
enum class Suspect : std::uint8_t { moved, cloned };
inline constexpr auto suspect_names = make_name_table<Suspect>("moved", "cloned");

// What contradicts a report. With the mismatch's kind and its reported ICCID this is the cause.
struct Against {
  std::optional<Iccid> bound{};                 // the card that the device is bound to
  std::optional<DeviceKey> holder{};            // the other device that has the reported card
  std::optional<std::int64_t> card_platform{};  // the card's, of wrong_platform
  std::optional<Suspect> suspect{};             // of card_in_use
  friend bool operator==(const Against&, const Against&) = default;
};
inline constexpr std::size_t max_candidates = 5;

// What a report contradicts. It stands (`ended` is absent) while its cause remains; its state is
// then open or dismissed. A dismissed one is open again when its cause changes.
struct Mismatch {
  std::int64_t id = 0;
  DeviceKey device;
  Outcome outcome;       // one of the mismatches
  std::string reported;  // the canonical ICCID; for iccid_invalid the problem's name
  std::optional<std::int64_t> platform;  // in the last of these reports
  MismatchState state = MismatchState::open;
  std::int64_t count = 1;  // reports
  Instant first_seen;
  Instant last_seen;
  std::optional<Instant> ended;
  std::string ended_by;                // "report", "policy", or who; "" while it stands
  std::optional<Instant> dismissed{};  // while it is dismissed, or was until its end
  std::string dismissed_by{};
  std::string reason{};  // given by who accepted or dismissed it
  Against against{};     // when it was raised, or when this last changed
  // Of the report that raised it.
  std::string reported_text{};  // the ICCID as it came, at most 256 bytes; "": none, or unknown
  Leniencies leniencies{};
  std::vector<Iccid> candidates{};  // cards that the ICCID may stand for, at most max_candidates

  void reopen() {
    state = MismatchState::open;
    dismissed.reset();
    dismissed_by.clear();
    reason.clear();
  }
  bool about_iccid() const { return outcome == Outcome::iccid_invalid; }
  MismatchKey key() const { return {device, about_iccid()}; }
};

// A stored card that matches the reported ICCID, with what decide() needs of it.
struct MatchedCard {
  CardState card;
  Match match = Match::exact;
  std::optional<Binding> binding;     // the open one
  AbnormalReasons announced;          // by the last event about the card
  std::optional<Instant> judge_at{};  // when they may change by themselves
};

// The same with all fields of the card.
struct StoredCard {
  Card card;
  Match match = Match::exact;
  std::optional<Binding> binding;
  AbnormalReasons announced;
  std::optional<Instant> judge_at{};

  operator MatchedCard() const { return {card, match, binding, announced, judge_at}; }
};

// Of the device that holds the card of this binding; "" if the card is free.
inline std::string_view holder_imei(const std::optional<Binding>& binding) {
  return binding && !binding->until ? std::string_view{binding->imei} : std::string_view{};
}
inline AbnormalReasons abnormal_reasons(const CardState& card,
                                        const std::optional<Binding>& binding,
                                        const AlertThresholds& thresholds, Instant now) {
  return abnormal_reasons(card, thresholds, now, holder_imei(binding));
}

// What decide() needs from the store; read by store/stored_decision.h.
struct DecisionInputs {
  std::vector<MatchedCard> cards{};          // the exact match, or all of the other length
  std::vector<Iccid> rounding_candidates{};  // at most 5; only for a rounded value without a card
  std::optional<Binding> device_binding{};   // the open one
  std::vector<Mismatch> standing{};          // of this device, at most two
  // When this device first reported the one matching card, if the store still knows.
  std::optional<Instant> first_reported{};
  bool held_before = false;            // this device was bound to that card
  std::string imei{};                  // in the device's last report that had one
  std::optional<Instant> last_seen{};  // when it last reported; nullopt: it has not, or no report
                                       // arrives
  bool heard_live = false;             // a report of it came that was not retained
  // Of a late report only. Bindings of device and card are then those that it met: of one that is
  // free now, the last one if it ended after the report.
  bool newest_names_card = true;  // the device's newest report says something about a card
  // Standing mismatches card_in_use, suspected moved, of other devices that reported this device's
  // card.
  std::vector<Mismatch> contested_by{};
};

// When a report arrived, and how. A retained one may be of any age: MQTT 5.0, 3.3.1.3.
struct Arrival {
  Arrival(Instant time, bool is_retained = false) : at(time), retained(is_retained) {}
  Instant at;
  bool retained;
};

// Older than what is known of the device: it counts, and changes nothing that a newer report said;
// it binds a free card only if the newest report of the device names none.
// `now` is the time at which it is decided: a last report after that shows that the clock was
// wrong.
bool is_late(const DecisionInputs& inputs, const Arrival& arrival, Instant now);

// A binding of this device or card was confirmed or made after `at`. With OnConflict::follow the
// last report wins, and a report of that time is not the last.
bool is_outrun(const DecisionInputs& inputs, Instant at);

struct CreateBinding {
  DeviceKey device;
  Iccid iccid;
  Match match;
  Instant at;
  std::string by;
};
// The open binding of a device.
struct ConfirmBinding {
  DeviceKey device;
  Instant at;
};
struct EndBinding {
  DeviceKey device;
  Instant at;
  std::string by;
};
struct RaiseMismatch {
  Mismatch mismatch;  // id not yet known
};
struct RepeatMismatch {
  MismatchKey mismatch;
  Instant at;
  std::int64_t count;
  std::optional<std::int64_t> platform;  // in this report
  std::optional<Against> against{};      // it has changed to this
  bool reopens = false;                  // it was dismissed
};
struct EndMismatch {
  MismatchKey mismatch;
  MismatchState state;
  Instant at;
  std::string by;
  std::string reason{};
};
struct SetAbnormal {
  Iccid iccid;
  AbnormalReasons reasons;
  std::optional<Instant> judge_at{};
};
// Natural keys: what a write is about need not have an id yet.
using Write = std::variant<CreateBinding, ConfirmBinding, EndBinding, RaiseMismatch, RepeatMismatch,
                           EndMismatch, SetAbnormal>;

struct Decision {
  Outcome outcome;
  std::optional<Match> match;
  std::vector<Write> writes;
  // In the order in which they are published: what the report cleared, its outcome, what followed
  // from that, the card's own.
  std::vector<Event> events;
  bool late = false;                 // as is_late() says
  std::optional<Suspect> suspect{};  // of card_in_use
};

// The card is judged as of `now`, by default the arrival: when an old report is decided again, a
// card that has expired since must stay expired.
Decision decide(const DeviceKey& device, const DeviceReport& report, const DecisionInputs& inputs,
                const Policy& policy, const Arrival& arrival, std::optional<Instant> now = {});

// Writes and events of an operator's decision.
struct Change {
  std::vector<Write> writes;
  std::vector<Event> events;
};
// Binds, and ends the open bindings of this card and this device.
Change bind(const DeviceKey& device, const MatchedCard& card,
            const std::optional<Binding>& device_binding, const AlertThresholds& thresholds,
            const std::string& by, Instant now);
Change release(const Binding& binding, const std::string& by, Instant now);
// Ends or dismisses a standing mismatch; if it was open, an event says that it is cleared.
Change end_mismatch(const Mismatch& mismatch, MismatchState state, const std::string& by,
                    Instant now, const std::string& reason = {});
// The report that raised the mismatch, as far as the mismatch has it.
DeviceReport stored_report(const Mismatch& mismatch);
// The card became abnormal for another reason, recovered, or will change at another time; empty if
// none of these.
Change judge_card(const MatchedCard& card, const AlertThresholds& thresholds, Instant now);
// The event that its reasons changed to these; empty if there are only fewer.
std::vector<Event> announce(const MatchedCard& card, AbnormalReasons reasons, Instant now);

}  // namespace iotcard
