// SPDX-License-Identifier: Apache-2.0
// library_errors.h - What the MQTT library complains about. It has no other way to say that it
// could not read a packet: for its caller the connection just ends. For lib/broker only. Any
// thread.
#pragma once

#include <string>

namespace iotcard {

// Once, before the first connection; later calls do nothing. From then on the process ends, as by
// std::bad_alloc, when the library has no memory for a packet: the library keeps a null buffer and
// reads nothing more, on no connection (SocketBuffer.c, 1.3.12).
void watch_library_errors();

// The last complaint since this was called before; "" if there was none.
std::string take_library_error();

}  // namespace iotcard
