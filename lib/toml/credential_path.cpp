// SPDX-License-Identifier: Apache-2.0
#include "toml/credential_path.h"

#include <cstdlib>
#include <string_view>

namespace iotcard {
namespace {

constexpr std::string_view prefix = "$CREDENTIALS_DIRECTORY/";

}  // namespace

std::string credential_path(const std::string& value) {
  if (!value.starts_with(prefix)) return value;
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  const bool from_systemd = folder != nullptr && *folder != '\0';
  return std::string{from_systemd ? folder : "/etc/credstore"} + '/' + value.substr(prefix.size());
}

Check check_credential_path(const std::string& value) {
  if (!value.starts_with(prefix)) return std::nullopt;
  const std::string_view name = std::string_view{value}.substr(prefix.size());
  if (!name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos) {
    return std::nullopt;
  }
  return expected("the name of a credential behind $CREDENTIALS_DIRECTORY/, without a /");
}

}  // namespace iotcard
