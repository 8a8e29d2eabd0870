// SPDX-License-Identifier: Apache-2.0
// field_values.h - Reads the fields of a card from one item of an answer, as a profile's step
// describes them. A value that does not fit its field is left out and noted. Pure; any thread.
// For lib/platform alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "platform/account.h"
#include "platform/json_answer.h"

namespace iotcard {

struct FieldValues {
  std::vector<FieldChange> fields;
  std::vector<std::string> notes;                            // without secrets
  std::vector<std::pair<std::string, std::string>> unknown;  // field, what the platform says
};

FieldValues read_field_values(const Profile& profile, const SettingValues& settings,
                              const Step& step, const JsonValue& item, const Redactor& redactor);

// The later of two values of a field stays.
void merge_fields(std::vector<FieldChange>& fields, const std::vector<FieldChange>& later);

}  // namespace iotcard
