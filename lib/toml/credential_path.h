// SPDX-License-Identifier: Apache-2.0
// credential_path.h - Where a secret of the configuration lies: a value that begins with
// "$CREDENTIALS_DIRECTORY/" names a credential that systemd hands to the service. Only that prefix
// is replaced, any other "$" is literal; nothing is opened. Reads the environment; any thread.
// Source: systemd.exec(5), LoadCredential=.
#pragma once

#include <optional>
#include <string>

namespace iotcard {

// The path that `value` stands for. Where systemd has set no folder, so for an operator's command,
// it is the one that systemd takes the credential from, /etc/credstore.
std::string credential_path(const std::string& value);

// What is expected instead, for a value that names the folder and no credential in it.
std::optional<std::string> credential_path_problem(const std::string& value);

}  // namespace iotcard
