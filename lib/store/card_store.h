// SPDX-License-Identifier: Apache-2.0
// card_store.h - The ports to single cards: look-up, add, change, remove, what they have used, and
// the log of their changes; and to single bindings and mismatches: whom a device or card is bound
// to, its history, and the mismatches that a change may resolve. Bindings and mismatches are
// written by ReportStore::write(). Lists are in list_store.h. One thread at a time; throws
// StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/name_table.h"
#include "domain/decision.h"
#include "store/transactional.h"

namespace iotcard {

struct UsageSample {
  std::string day;  // "2026-11-23", UTC
  std::int64_t used_bytes = 0;
};

// An entry of a card's change log.
struct LoggedChange {
  enum class Kind : std::uint8_t { added, changed, removed };
  Instant at{};
  std::string by;  // who made the change
  Kind kind = Kind::changed;
  // Of a change: which field of domain/card_fields.h, and its values, "" for none.
  std::string field{};
  std::string before{};
  std::string after{};
  friend bool operator==(const LoggedChange&, const LoggedChange&) = default;
};
inline constexpr auto logged_change_names =
    make_name_table<LoggedChange::Kind>("added", "changed", "removed");

class CardStore : public virtual Transactional {
 public:
  virtual std::optional<StoredCard> find_card(const Iccid& iccid) = 0;  // match is exact
  // The card with exactly this ICCID alone; if there is none, the cards of the other length that
  // match a 19- or 20-character ICCID, see match().
  virtual std::vector<StoredCard> matching_cards(const Iccid& iccid) = 0;

  // The ICCIDs of the other length alone that match, whether or not the store has this one too.
  virtual std::vector<Iccid> other_spellings(const Iccid& iccid) = 0;

  // False: there is one already. `announced`: reasons whose event is added in the same transaction;
  // `judge_at`: as in MatchedCard.
  virtual bool add_card(const Card& card, AbnormalReasons announced = {},
                        std::optional<Instant> judge_at = {}) = 0;
  // Cards whose judge_at is not after `now`, the earliest first.
  virtual std::vector<StoredCard> cards_to_judge(Instant now, int limit) = 0;
  // All fields; not the binding, nor the reasons last announced. False: there is none.
  virtual bool update_card(const Card& card) = 0;
  // With its usage. False: there is none. Ends no binding.
  virtual bool remove_card(const Iccid& iccid) = 0;
  // Nothing of the card has changed: only `refreshed_at` and `updated_at` are written.
  virtual void set_refreshed_at(const Iccid& iccid, Instant at) = 0;
  // Its platform was asked about it, or counts as asked, at this time. Not an update of the card.
  // A card that is added or moves to another platform has not been asked about.
  virtual void set_asked_at(const Iccid& iccid, Instant as_of) = 0;

  // The last figure of a day is kept. Days before `oldest` are deleted.
  virtual void save_usage(const Iccid& iccid, const UsageSample& sample,
                          const std::string& oldest) = 0;
  virtual std::vector<UsageSample> usage_samples(const Iccid& iccid,
                                                 int limit) = 0;  // newest first

  // Entries stay when their card is removed; retention deletes them (retention_store.h).
  virtual void log_change(const Iccid& iccid, const LoggedChange& change) = 0;
  virtual std::vector<LoggedChange> logged_changes(const Iccid& iccid,
                                                   int limit) = 0;  // newest first
};

class BindingStore : public virtual Transactional {
 public:
  virtual std::optional<Binding> binding_of(const DeviceKey& device) = 0;  // the open one
  // Newest first.
  virtual std::vector<Binding> binding_history(const DeviceKey& device, int limit) = 0;
  virtual std::vector<Binding> binding_history(const Iccid& iccid, int limit) = 0;

  virtual std::vector<Mismatch> standing_mismatches(const DeviceKey& device) = 0;
  virtual std::optional<Mismatch> find_mismatch(std::int64_t id) = 0;
  // Standing mismatches that name this card, in its 19- or 20-character spelling, or a device that
  // is bound to it.
  virtual std::vector<Mismatch> mismatches_about(const Iccid& iccid) = 0;
  // Standing mismatches card_unknown whose ICCID now matches a stored card, by ascending id.
  virtual std::vector<Mismatch> unknown_cards_now_known(std::int64_t after_id, int limit) = 0;
};

}  // namespace iotcard
