// SPDX-License-Identifier: Apache-2.0
// event_schema.h - Judges what the daemon publishes by schemas/event.schema.json. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

// What is wrong with an event; nullopt if it is as the schema says.
std::optional<std::string> schema_error(std::string_view event_json);

}  // namespace iotcard
