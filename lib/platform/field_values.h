// SPDX-License-Identifier: Apache-2.0
// field_values.h - What one item of an answer says of a card, by the fields of a profile's step.
// Whatever does not fit a field is left out and noted. Pure; one thread at a time.
// For lib/platform alone.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "platform/profile_spec.h"
#include "platform/redactor.h"

namespace iotcard {

using SettingValues = std::map<std::string, std::string>;

struct FieldValues {
  std::vector<FieldChange> fields;
  std::vector<std::string> notes;                            // without secrets
  std::vector<std::pair<std::string, std::string>> unknown;  // field, what the platform says
};

FieldValues read_field_values(const ProfileSpec& profile, const SettingValues& settings,
                              const Step& step, const JsonValue& item, const Redactor& redactor);

// The later of two values of a field stays.
void merge_fields(std::vector<FieldChange>& fields, const std::vector<FieldChange>& later);

}  // namespace iotcard
