// SPDX-License-Identifier: Apache-2.0
// doctor_checks.h - Gathers the facts of an installation for operations/doctor/doctor.h. Nothing
// here changes anything: files are not opened, the store is read, and the broker is visited under a
// random client id with a clean start. The main thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "operations/doctor/doctor.h"

namespace iotcard {

using Findings = std::vector<Finding>;

// doctor_files.cpp: files, the store, the journal and the clock. check_store() returns what it found
// of the outbox, for the publication to be judged by.
void check_files(const Config& config, const std::string& config_path, Findings& findings);
struct StoreView {
  std::optional<Instant> newest_report;
  Finding outbox{"outbox", Health::skip, "the store cannot be read"};
};
StoreView check_store(Store& store, const std::string& client_id, bool thorough,
                      Findings& findings);
void check_journal(Store& store, const Config& config, Findings& findings);
void check_clock(std::optional<Instant> newest_report, Findings& findings);

// doctor_broker.cpp. `status`: what is on the status topic; nullopt if it is no JSON object.
std::optional<DaemonFacts> daemon_facts(const std::string& status);
void check_broker(const Config& config, const Finding& outbox, Findings& findings);

}  // namespace iotcard
