// SPDX-License-Identifier: Apache-2.0
// reasons.h - What the broker's codes mean, for a person who has to do something about it.
// Pure; any thread. Sources: MQTT 5.0, 2.4 (reason codes); MQTT 3.1.1, table 3.1.
#pragma once

#include <string>

namespace iotcard {

inline constexpr int first_refusal = 0x80;  // of the reason codes of MQTT 5, and SUBACK's failure

// CONNACK says that the broker does not speak this version of MQTT.
bool refuses_version(int connack_code);

// Any code but 0 of CONNACK; those of 3.1.1 are below 0x80.
std::string connack_reason(int code);
// A reason code of MQTT 5, of any packet from the broker.
std::string reason_text(int code);

}  // namespace iotcard
