// SPDX-License-Identifier: Apache-2.0
// [answer] and [limits], the sections of a profile to which no other refers.
#include "platform/profile_reader.h"

namespace iotcard {

void read_answer(PartsReader& parts, SectionReader& root, bool has_login) {
  SectionReader section{"answer", root.table("answer"), parts.mistakes()};
  AnswerRules& rules = parts.profile().answer;
  parts.conditions(section, "login_again", rules.login_again);
  parts.conditions(section, "rate_limited", rules.rate_limited);
  parts.conditions(section, "not_found", rules.not_found);
  parts.conditions(section, "try_again", rules.try_again);
  parts.conditions(section, "ok", rules.ok);
  parts.conditions(section, "denied", rules.denied);
  parts.pointers(section, "message", rules.message);
  if (section.has("login_again") && !has_login) {
    section.mistake("login_again", "expected only with a [login]");
  }
  section.finish();
}

void read_limits(PartsReader& parts, SectionReader& root) {
  using std::chrono::milliseconds;
  SectionReader section{"limits", root.table("limits"), parts.mistakes()};
  Profile& profile = parts.profile();
  PlatformLimits& limits = profile.limits;
  std::optional<Rate> rate;
  section.rate("rate", rate);
  limits.rate = rate.value_or(limits.rate);
  std::int64_t concurrency = limits.concurrency;
  section.integer("concurrency", concurrency, 1, 16);
  limits.concurrency = static_cast<int>(concurrency);
  section.milliseconds("interval", limits.interval, milliseconds{0}, std::chrono::days{30});
  section.milliseconds("timeout", limits.timeout, milliseconds{100}, std::chrono::hours{1});
  std::int64_t batch = profile.batch;
  section.integer("batch", batch, 1, 1000);
  profile.batch = static_cast<int>(batch);
  section.text("joiner", profile.joiner);
  for (const char* key : {"batch", "joiner"}) {
    if (section.has(key) && !root.has("batch")) {
      section.mistake(key, "expected only with [[batch]] steps");
    }
  }
  if (!section.has("batch") && root.has("batch")) {
    section.mistake("batch", "expected: how many cards a [[batch]] step asks about");
  }
  section.finish();
}

}  // namespace iotcard
