// SPDX-License-Identifier: Apache-2.0
// api_operations.h - What requests to the API of a daemon have in common. The main thread only.
#pragma once

#include <span>
#include <string>

#include "api_client.h"
#include "base/json_text.h"
#include "domain/card_fields.h"
#include "domain/device.h"
#include "operations/operation.h"

namespace iotcard {

// A parameter, unless it is "" or false.
void add_text(ApiClient::Query& query, const char* name, const std::string& value);
void add_flag(ApiClient::Query& query, const char* name, bool value);

// For printing what the API answers.
Context api_context();

std::string path_of_card(const Iccid& iccid);
std::string path_of_device(const DeviceKey& device);

// Members of the open object. The fields are read as for a store, with the operator's zone, so that
// what is wrong with them is said as there (OperationError), and sent as they are stored.
void write_fields(JsonText& json, const Iccid& iccid, std::span<const FieldChange> fields,
                  Duration zone);

}  // namespace iotcard
