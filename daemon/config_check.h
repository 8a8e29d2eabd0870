// SPDX-License-Identifier: Apache-2.0
// config_check.h - The files that a configuration names, opened as the daemon opens them: tokens,
// password, certificates and keys, profiles and the secrets of platforms. Connects to nothing, and
// opens neither store nor journal. Any thread.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace iotcard {

// What could not be checked from here, a line each: credentials that systemd hands to the service
// only. Throws ConfigError with a line for each mistake; `path`: of the configuration.
std::vector<std::string> check_named_files(const Config& config, const std::string& path);

// Before the store is opened: what no other start would mend. Throws ConfigError.
void check_store_place(const Config& config, const std::string& path);

}  // namespace iotcard
