// SPDX-License-Identifier: Apache-2.0
// named_file.h - A file that a key of the configuration names. A plain value.
#pragma once

#include <string>

namespace iotcard {

struct NamedFile {
  std::string key;  // "broker.password_file"
  std::string path;
  bool secret = false;  // nobody else may read it
};

}  // namespace iotcard
