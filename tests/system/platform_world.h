// SPDX-License-Identifier: Apache-2.0
// platform_world.h - A daemon whose [[platform]] sections name simulated platforms. One thread.
#pragma once

#include <sys/stat.h>

#include <map>
#include <memory>
#include <regex>
#include <string>

#include "support/platform_server.h"
#include "system/watched_broker.h"

namespace iotcard {

inline const std::string profile_folder = IOTCARD_SOURCE_DIR "/examples/platforms";

// A [[platform]] section; `more` are further lines of it.
inline std::string platform_section(int id, const std::string& profile, const std::string& base_url,
                                    const std::map<std::string, std::string>& settings,
                                    const std::string& more = "") {
  std::string text = "[[platform]]\nid = " + std::to_string(id) + "\nname = \"p" +
                     std::to_string(id) + "\"\nprofile = \"" + profile + "\"\nbase_url = \"" +
                     base_url + "\"\nallow_insecure = true\n" + more + "\n";
  for (const auto& [key, value] : settings) text += key + " = \"" + value + "\"\n";
  return text;
}
inline std::string platform_section(int id, const std::string& profile,
                                    const PlatformServer& server, const std::string& more = "") {
  return platform_section(id, profile, server.base_url(), server.settings(), more);
}

// What a daemon is started with.
inline Daemon::Options with_platforms(const std::string& sections,
                                      const std::string& refresh = "") {
  Daemon::Options options;
  options.toml["refresh"] = "profiles = [\"" + profile_folder + "\"]\n" + refresh;
  options.toml[""] = sections;
  options.api = true;
  return options;
}

inline const std::string documented_card = documented_iccid;
inline const std::string no_limits = "rate = \"1000/s\"\ninterval = \"0s\"";

inline std::string numbered_iccid(int i) {
  std::string digits = std::to_string(i);
  return "898604000000000" + std::string(5 - digits.size(), '0') + digits;
}

inline PlatformServer::Card simulated_card(const std::string& iccid, const std::string& status) {
  PlatformServer::Card card;
  card.iccid = iccid;
  card.status = status;
  return card;
}

inline std::string show_card(const WatchedBroker& world, const Daemon& daemon,
                             const std::string& iccid) {
  return ctl(world.dir, daemon, {"card", "show", iccid, "--json"}).out;
}

// The fields of a card without its requests and the times of its updates.
inline std::string without_times(const std::string& card) {
  const std::string facts = card.substr(0, card.find(R"("requests":)"));
  return std::regex_replace(facts, std::regex{R"("(refreshed|updated)_at":"[^"]*",)"}, "");
}

// Waits until the card has this in its JSON.
inline bool card_becomes(const WatchedBroker& world, const Daemon& daemon, const std::string& iccid,
                         const std::string& part) {
  return eventually(
      [&] { return show_card(world, daemon, iccid).find(part) != std::string::npos; });
}

}  // namespace iotcard
