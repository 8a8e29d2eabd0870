// SPDX-License-Identifier: Apache-2.0
// doctor_checks.h - What doctor and status learn besides operations/doctor/installation.h: of the
// intake journal and from the broker, which is visited under a random client id with a clean start.
// Nothing here changes anything. The main thread only.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "operations/doctor/installation.h"
#include "operations/status.h"

namespace iotcard {

// doctor_files.cpp
Installation installation_of(const Config& config, const std::string& config_path);
void check_journal(Store& store, const Config& config, Findings& findings);
// Of a client; what cannot be read is absent.
JournalBacklog journal_backlog(Store& store, const std::string& client_id, const std::string& dir);

// doctor_broker.cpp.
void check_broker(const Config& config, const Finding& outbox, Findings& findings);

}  // namespace iotcard
