// SPDX-License-Identifier: Apache-2.0
#include "operations/settings.h"

#include "base/utf8.h"

namespace iotcard {

void write_settings(JsonText& json, const SettingsInForce& in_force) {
  json.begin_object()
      .member("file", or_null(replace_invalid_utf8(in_force.file)))
      .key("settings")
      .begin_array();
  for (const SettingInForce& setting : in_force.settings) {
    const bool from_file = setting.line > 0;
    json.begin_object()
        .member("key", setting.key)
        .member("value", setting.secret ? std::nullopt : or_null(setting.value))
        .member("origin", from_file ? "file" : "default")
        .member("line", from_file ? std::optional{setting.line} : std::nullopt)
        .member("secret", setting.secret)
        .member("restart", setting.restart)
        .end_object();
  }
  json.end_array().end_object();
}

}  // namespace iotcard
