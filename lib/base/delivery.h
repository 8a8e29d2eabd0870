// SPDX-License-Identifier: Apache-2.0
// delivery.h - What became of one message that was given to the broker. A plain value; any thread.
#pragma once

#include <cstdint>

namespace iotcard {

enum class Delivery : std::uint8_t {
  acknowledged,
  lost,          // with its connection: whether the broker has it is not known
  refused,       // by the broker or by the MQTT library; may be taken another time
  unacceptable,  // by the broker, for what the message is: it will never be taken
};

}  // namespace iotcard
