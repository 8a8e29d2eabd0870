// SPDX-License-Identifier: Apache-2.0
// settings: the configuration in force, and where each value comes from.
#include "operations/settings.h"

#include <fmt/core.h>

#include "api_requests.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

// Of this host. A daemon that was not reloaded since may still have other values: --api asks it.
SettingsInForce settings_here(Program& program) {
  std::vector<SettingInForce> settings = program.config().settings;
  if (!settings.empty()) return {program.path_of_config(), std::move(settings)};
  return {"", parse_config("", "the defaults").settings};  // there is no file
}

TableRow setting_row(const SettingInForce& setting) {
  return {{setting.key, setting.secret ? "…" : setting.value,
           setting.line > 0 ? fmt::format("line {}", setting.line) : "default",
           setting.restart ? "restart" : "reload"}};
}

int show_settings(Program& program) {
  const SettingsInForce in_force =
      program.remote() ? settings_through_api(program.target) : settings_here(program);
  if (program.json) {
    JsonText json;
    write_settings(json, in_force);
    fmt::print("{}\n", json.view());
    return success;
  }
  ListPrinter rows{program.output, {"KEY", "VALUE", "ORIGIN", "TAKES EFFECT AT A"}, "no settings"};
  for (const SettingInForce& setting : in_force.settings) {
    rows.add([](JsonText&) {}, [&] { return setting_row(setting); });
  }
  return rows.finish();
}

}  // namespace

Action settings_verb(Arguments& arguments) {
  arguments.lists();
  arguments.footer(R"(
Every key with the value in force. ORIGIN is the line of the configuration file, or default.
A secret is an ellipsis; a webhook's address is shown without its path. With --api: of the
daemon, which may run on another file than this host's, or not have reloaded it yet.
With --json, one object: file, and settings, each with key, value, origin (default, file),
line, secret, and restart: a change of it takes effect at the next start only.)");
  return show_settings;
}

}  // namespace iotcard
