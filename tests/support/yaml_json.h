// SPDX-License-Identifier: Apache-2.0
// yaml_json.h - A YAML file as the JSON value that it stands for, by the core schema of YAML 1.2:
// what is quoted is text, what is not may be null, a boolean or a number. One thread.
#pragma once

#include <rapidjson/document.h>

#include <string>

namespace iotcard {

// Throws std::runtime_error, also for a key that stands there twice.
rapidjson::Document json_of_yaml_file(const std::string& path);

}  // namespace iotcard
