// SPDX-License-Identifier: Apache-2.0
// json_schema.h - Holds a JSON value against a JSON Schema (draft 4, as far as RapidJSON goes), for
// the contracts in schemas/. One thread.
#pragma once

#include <rapidjson/document.h>

#include <optional>
#include <string>

namespace iotcard {

// Where the value breaks the schema, and which keyword of it; nullopt if it fits.
std::optional<std::string> schema_breach(const rapidjson::Value& schema,
                                         const rapidjson::Value& value);

// Throws std::runtime_error that says where it is no JSON.
rapidjson::Document parse_json(std::string_view json);

}  // namespace iotcard
