// SPDX-License-Identifier: Apache-2.0
// expiry_monitor.h - Finds cards that the clock alone makes abnormal: those whose date of expiry
// passes, and those for which it comes near. Judges cards anew, too, where that is due: all of them
// once in a store that nobody has judged and after a change of the thresholds, and those in between
// where the clock was set back. A page of cards is a transaction with its events; a card is
// announced only if what was announced last is not so any more, so never twice however the process
// ends. A start finds what a stop slept over. The events go to the outbox of the daemon that finds
// them. Not for reports and changes: what makes them judges their cards. On the applier's thread;
// throws StoreError, and then the page has not happened.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace iotcard {

class ExpiryMonitor {
 public:
  // Cards. Reports wait meanwhile, half a millisecond if none of them is due.
  static constexpr int page = 64;
  static constexpr std::chrono::seconds interval{1};  // between looks
  // So often the last while is looked at again, and the progress kept: a change may have been
  // judged by a clock that was read before the look, and been committed after it.
  static constexpr std::chrono::minutes again{10};
  static constexpr std::chrono::minutes while_ago{30};

  ExpiryMonitor(Store& store, std::string client_id)
      : store_(store), client_id_(std::move(client_id)) {}

  // One page, if something may be due. True: there is more to do at once.
  bool step(const AlertThresholds& thresholds, EventKinds mute, Instant now);
  // After a failure: the store is asked again how far it has come.
  void forget() { progress_.reset(); }

 private:
  // A moment that comes for each card with a date. Those with a date up to `from` were judged to be
  // past it, those behind `to` not to be; in between nobody knows. Kept with the events of each
  // page, so that a clock that ran ahead is made good after a restart, too.
  struct Edge {
    Instant from{};
    Instant to{};
    std::string place{};  // behind which the page comes next, while more cards are due than one has
  };
  struct Progress {
    int usage_percent = 0;
    Duration expires_within{};
    Edge expired{};
    Edge soon{};                         // `expires_within` ahead of now
    std::optional<std::string> sweep{};  // place in the list of all cards; nullopt: none is due
  };
  static std::string text_of(const Progress& progress);
  static std::optional<Progress> progress_in(const std::string& text);

  void find_progress(const AlertThresholds& thresholds, Instant now);
  static void reach(Edge& edge, Instant until);
  bool look(Edge& edge, Instant until);
  bool sweep();
  void judge(const std::vector<StoredCard>& cards);
  void save();

  Store& store_;
  const std::string client_id_;
  std::optional<Progress> progress_;
  Instant looked_at_{};
  Instant saved_at_{};
  // Of the step under way.
  AlertThresholds thresholds_;
  EventKinds mute_;
  Instant now_{};
};

}  // namespace iotcard
