// SPDX-License-Identifier: Apache-2.0
// service_doctor.h - doctor as the running daemon answers it: what `iotcardctl doctor` finds, but
// for what only a visit to the broker or the whole store would tell. The findings name what was not
// checked. On the store's thread; throws StoreError.
#pragma once

#include <string>

#include "operations/doctor/installation.h"
#include "operations/operation.h"

namespace iotcard {

struct ServiceFacts {
  Installation installation{};
  DaemonFacts daemon{};             // this one
  std::string version{};            // of this program
  std::string connection{};         // to the broker, for a person
  bool connected = false;           // to the broker
  std::uint64_t journal_bytes = 0;  // of reports that are not applied yet
};

Findings examine_service(Store& store, const Context& context, const ServiceFacts& facts);

}  // namespace iotcard
