// SPDX-License-Identifier: Apache-2.0
// credential_path.h - The path of a secret that the configuration names. A value that begins with
// "$CREDENTIALS_DIRECTORY/" names a credential that systemd passes to the service. Only that prefix
// is replaced, any other "$" is literal; no file is opened. Reads the environment; any thread.
// Source: systemd.exec(5), LoadCredential=.
#pragma once

#include <string>

#include "base/problem.h"

namespace iotcard {

// Without a folder from systemd, as in an operator's command, the credential is in /etc/credstore,
// where systemd takes it from.
std::string credential_path(const std::string& value);

// The prefix must be followed by the name of a credential.
Check check_credential_path(const std::string& value);

}  // namespace iotcard
