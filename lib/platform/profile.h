// SPDX-License-Identifier: Apache-2.0
// profile.h - How to speak with one kind of card platform, as a TOML file says it
// (docs/platforms.md has the format). A Profile that exists has been checked: every template,
// pointer, map and condition in it makes sense. Its inside is the client's business. Immutable; any
// thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"

namespace iotcard {

// what() is one line for each mistake found, "file:line: key: what is expected".
class ProfileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// How much a platform may be asked; a [[platform]] section may set each.
struct PlatformLimits {
  Rate rate;                                  // of HTTP requests
  int concurrency = 1;                        // requests at once
  std::chrono::milliseconds interval{60000};  // between two questions about one card
  std::chrono::milliseconds timeout{30000};   // of one request
};

struct ProfileSpec;  // platform/profile_inside.h

class Profile {
 public:
  explicit Profile(std::shared_ptr<const ProfileSpec> inside);
  const std::string& name() const;      // "SIMBoss"
  const std::string& base_url() const;  // "": the [[platform]] section must have one
  const PlatformLimits& limits() const;
  int max_batch() const;  // cards in one question, 1 where it knows no batch
  bool can_suspend() const;
  bool can_resume() const;
  std::vector<std::string> settings() const;         // their names
  std::vector<std::string> secret_settings() const;  // those of them that are secrets
  const ProfileSpec& inside() const { return *inside_; }

 private:
  std::shared_ptr<const ProfileSpec> inside_;
};

// Throws ProfileError, for a file that cannot be read, too.
std::shared_ptr<const Profile> load_profile(const std::string& path);
// The same for text; `name` stands for the file in messages.
std::shared_ptr<const Profile> parse_profile(std::string_view text, const std::string& name);

// The file of the profile that a [[platform]] section names: a path if there is a slash in it,
// otherwise NAME.toml in the first of the folders that has it. nullopt: none has.
std::optional<std::string> find_profile(const std::string& profile,
                                        const std::vector<std::string>& folders);

}  // namespace iotcard
