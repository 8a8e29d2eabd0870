// SPDX-License-Identifier: Apache-2.0
// settings.h - Makes the options of each part from the configuration, and says which changes of the
// configuration take effect without a restart. Pure, but for the certificate; any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/server_certificate.h"
#include "broker/session.h"
#include "config/config.h"
#include "ingest/applier.h"
#include "ingest/journal.h"
#include "operations/doctor/installation.h"

namespace iotcard {

SessionOptions session_options(const Config& config);  // without offline_status
JournalOptions journal_options(const Config& config);
std::shared_ptr<const ApplyRules> apply_rules(const Config& config);
Installation installation_of(const Config& config, const std::string& config_path);
// Reads the files; null: no API, or HTTP. Throws ConfigError.
std::shared_ptr<const ServerCertificate> api_certificate(const ApiConfig& api);

bool needs_new_session(const Config& running, const Config& loaded);
// Puts the running values of keys that cannot change now into `loaded` and names those keys.
std::vector<std::string> keep_what_needs_a_restart(const Config& running, Config& loaded);

}  // namespace iotcard
