// SPDX-License-Identifier: Apache-2.0
#include "api/sessions.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::size_t max_peers = 4096;

// Who has one address of IPv6 has its whole /64.
std::string network_of(const std::string& peer) {
  in6_addr address{};
  if (inet_pton(AF_INET6, peer.c_str(), &address) != 1) return peer;
  return {reinterpret_cast<const char*>(address.s6_addr), 8};
}

}  // namespace

std::string cookie_value(std::string_view header, std::string_view name) {
  // Values of a repeated header are joined by a comma, which no cookie has.
  while (!header.empty()) {
    const std::size_t end = std::min(header.find_first_of(";,"), header.size());
    const std::string_view pair = trim(header.substr(0, end));
    header.remove_prefix(std::min(end + 1, header.size()));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return std::string{pair.substr(equals + 1)};
    }
  }
  return {};
}

std::string Sessions::open(const TokenDigest& token, Time now, std::chrono::seconds lifetime) {
  std::string id = new_token();
  const std::lock_guard lock{mutex_};
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.session.until <= now; });
  if (entries_.size() >= max_sessions) {
    entries_.erase(std::ranges::min_element(entries_, {},
                                            [](const auto& entry) { return entry.second.used; }));
  }
  entries_[digest_of_token(id)] = {{token, now + lifetime}, now};
  return id;
}

std::optional<Sessions::Session> Sessions::find(std::string_view id, Time now) {
  if (id.empty()) return std::nullopt;
  const TokenDigest digest = digest_of_token(id);
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(digest);
  if (found == entries_.end()) return std::nullopt;
  if (found->second.session.until <= now) {
    entries_.erase(found);
    return std::nullopt;
  }
  found->second.used = now;
  return found->second.session;
}

bool Sessions::close(std::string_view id) {
  const TokenDigest digest = digest_of_token(id);
  const std::lock_guard lock{mutex_};
  return entries_.erase(digest) > 0;
}

void Sessions::keep_only(const Tokens& tokens) {
  const std::lock_guard lock{mutex_};
  std::erase_if(entries_,
                [&](const auto& entry) { return !tokens.find_digest(entry.second.session.token); });
}

std::size_t Sessions::size() const {
  const std::lock_guard lock{mutex_};
  return entries_.size();
}

std::optional<std::chrono::seconds> SignInAttempts::begin(const std::string& peer, Time now) {
  const std::lock_guard lock{mutex_};
  std::erase_if(peers_, [&](const auto& entry) { return now - entry.second.since >= span; });
  const std::string network = network_of(peer);
  if (!peers_.contains(network) && peers_.size() >= max_peers) {
    peers_.erase(
        std::ranges::min_element(peers_, {}, [](const auto& entry) { return entry.second.since; }));
  }
  Peer& known = peers_.try_emplace(network, Peer{now, 0}).first->second;
  if (known.attempts >= max_failures) {
    return std::chrono::ceil<std::chrono::seconds>(known.since + span - now);
  }
  ++known.attempts;
  return std::nullopt;
}

void SignInAttempts::succeeded(const std::string& peer) {
  const std::lock_guard lock{mutex_};
  const auto known = peers_.find(network_of(peer));
  if (known != peers_.end() && known->second.attempts > 0) --known->second.attempts;
}

}  // namespace iotcard
