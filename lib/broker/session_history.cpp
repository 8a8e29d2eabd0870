// SPDX-License-Identifier: Apache-2.0
#include "broker/session_history.h"

#include <fmt/format.h>

#include <algorithm>

namespace iotcard {
namespace {

constexpr std::size_t max_kept = 100;
constexpr std::size_t max_rivals = 10;

template <typename Entry>
void keep(std::deque<Entry>& entries, Entry entry) {
  entries.push_back(std::move(entry));
  if (entries.size() > max_kept) entries.pop_front();
}

std::string named(const std::string& client) {
  return client.empty() ? "another program" : "another daemon (client id " + client + ")";
}

}  // namespace

void SessionHistory::connected(Instant now) {
  const std::lock_guard lock{mutex_};
  ++state_.counts.connections;
  state_.connected_at = now;
}

void SessionHistory::taken_over(Instant now) {
  const std::lock_guard lock{mutex_};
  ++state_.counts.takeovers;
  keep(state_.takeovers, now);
}

void SessionHistory::ended(Instant now, const std::string& reason, bool asked_for) {
  const std::lock_guard lock{mutex_};
  const auto began = std::exchange(state_.connected_at, std::nullopt);
  if (!began || asked_for) return;
  if (now - *began < short_connection) {
    keep(state_.short_ends, {now, reason});
  } else {
    state_.short_ends.clear();
  }
}

bool SessionHistory::add_rival(const std::string& client) {
  const std::lock_guard lock{mutex_};
  const auto found = state_.rivals.find(client);
  if (found != state_.rivals.end()) {
    found->second = true;
    return false;
  }
  if (state_.rivals.size() >= max_rivals) return false;
  return state_.rivals.emplace(client, true).second;
}

void SessionHistory::remove_rival(const std::string& client) {
  const std::lock_guard lock{mutex_};
  const auto found = state_.rivals.find(client);
  if (found != state_.rivals.end()) found->second = false;
}

void SessionHistory::remove_rivals() {
  const std::lock_guard lock{mutex_};
  state_.rivals.clear();
}

std::vector<std::string> SessionHistory::warnings(Instant now) const {
  const std::lock_guard lock{mutex_};
  std::vector<std::string> warnings;
  const auto recent = [&](Instant at) { return now - at < window; };
  const auto takeovers = std::ranges::count_if(state_.takeovers, recent);
  const auto ends = static_cast<std::size_t>(
      std::ranges::count_if(state_.short_ends, [&](const End& end) { return recent(end.at); }));
  const std::string cause = fmt::format(
      "give each daemon a broker.client_id of its own, or stop the other program that "
      "uses {}",
      client_id_);
  if (takeovers > 0) {
    warnings.push_back(fmt::format(
        "session taken over {}, the last time at {}: another client connects with the client id "
        "{}, and reports go to whichever is connected; {}",
        takeovers == 1 ? "once" : fmt::format("{} times", takeovers),
        to_rfc3339(state_.takeovers.back()), client_id_, cause));
  } else if (ends >= many) {
    const End& last = state_.short_ends.back();
    warnings.push_back(fmt::format(
        "{} connections in a row ended within {} s, the last at {} ({}); the likely cause is "
        "another client with the client id {}; {}",
        ends, short_connection.count(), to_rfc3339(last.at), last.reason, client_id_, cause));
  }
  for (const auto& [client, there] : state_.rivals) {
    if (!there) continue;
    warnings.push_back(
        named(client) +
        " publishes its status on the same topic; give each daemon an events.prefix of its own, or "
        "set reports.share if they share the reports");
  }
  return warnings;
}

SessionHistory::Counts SessionHistory::counts() const {
  const std::lock_guard lock{mutex_};
  return state_.counts;
}

}  // namespace iotcard
