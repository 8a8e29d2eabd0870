// SPDX-License-Identifier: Apache-2.0
#include "platform/profile.h"

#include "base/byte_size.h"
#include "platform/profile_spec.h"

namespace iotcard {

Profile::Profile(std::shared_ptr<const ProfileSpec> inside) : inside_(std::move(inside)) {}

const std::string& Profile::name() const {
  return inside_->name;
}
const std::string& Profile::base_url() const {
  return inside_->base_url;
}
const PlatformLimits& Profile::limits() const {
  return inside_->limits;
}
int Profile::max_batch() const {
  return inside_->batch_steps.empty() ? 1 : inside_->batch;
}
bool Profile::can_suspend() const {
  return !inside_->suspend.empty();
}
bool Profile::can_resume() const {
  return !inside_->resume.empty();
}

std::vector<std::string> Profile::settings() const {
  std::vector<std::string> names;
  for (const Setting& setting : inside_->settings) names.push_back(setting.name);
  return names;
}

std::vector<std::string> Profile::secret_settings() const {
  std::vector<std::string> names;
  for (const Setting& setting : inside_->settings) {
    if (setting.secret) names.push_back(setting.name);
  }
  return names;
}

const Setting* ProfileSpec::find_setting(std::string_view wanted) const {
  for (const Setting& setting : settings) {
    if (setting.name == wanted) return &setting;
  }
  return nullptr;
}

bool Step::item_may_be_list() const {
  if (!iccid || iccid->tokens.empty()) return false;
  const std::string& first = iccid->tokens.front();
  return first != "*" && first.find_first_not_of("0123456789") != std::string::npos;
}

std::optional<std::int64_t> bytes_of_unit(std::string_view unit) {
  const char first = unit.empty() ? '\0' : unit.front();
  if ((first < 'A' || first > 'Z') && (first < 'a' || first > 'z')) return std::nullopt;
  return parse_byte_size("1" + std::string{unit});
}

}  // namespace iotcard
