// SPDX-License-Identifier: Apache-2.0
// bind, unbind.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "device_argument.h"
#include "operations/binding_operations.h"
#include "operations/json.h"
#include "output.h"
#include "program.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct BindOptions {
  std::string device;
  std::string iccid;
  bool force = false;
};

int bind(Program& program, const BindOptions& options) {
  const DeviceKey device = device_from_operator(options.device);
  const Iccid iccid = iccid_from_operator(options.iccid);
  const auto store = program.open_existing_store();
  const BindResult result = bind_card(*store, program.context(), device, iccid, options.force);
  if (program.json) {
    JsonText json;
    write_binding(json, result.binding);
    std::printf("%s\n", json.take().c_str());
    return success;
  }
  for (const Binding& released : result.released) {
    say(fmt::format("released: card {} from device {}", released.iccid.text(),
                    released.device.text()));
  }
  say(fmt::format("card {} {} device {}", iccid.text(),
                  result.created ? "is now bound to" : "was bound already to", device.text()));
  return success;
}

int unbind(Program& program, const std::string& what) {
  const bool names_device = what.find('/') != std::string::npos;
  const DeviceKey device = names_device ? device_from_operator(what) : DeviceKey{};
  const auto store = program.open_existing_store();
  const Context context = program.context();
  const Binding released = names_device ? unbind_device(*store, context, device)
                                        : unbind_card(*store, context, iccid_from_operator(what));
  if (program.json) {
    JsonText json;
    write_released(json, released, context);
    std::printf("%s\n", json.take().c_str());
  } else {
    say(fmt::format("released: card {} from device {}", released.iccid.text(),
                    released.device.text()));
  }
  return success;
}

}  // namespace

void add_bind(CLI::App& app, Program& program) {
  CLI::App* verb = app.add_subcommand("bind", "Binds a card of the store to a device");
  auto options = std::make_shared<BindOptions>();
  verb->add_option("PRODUCT/NUMBER", options->device, "The device; it need not have reported yet")
      ->required();
  verb->add_option("ICCID", options->iccid, "The card")->required();
  verb->add_flag("--force", options->force, "Ends the bindings that stand in the way");
  verb->footer("With --json: the binding, as in card show.");
  verb->callback([&program, options] {
    program.verb = [&program, options] { return bind(program, *options); };
  });
}

void add_unbind(CLI::App& app, Program& program) {
  CLI::App* verb = app.add_subcommand("unbind", "Ends the binding of a device or of a card");
  auto what = std::make_shared<std::string>();
  verb->add_option("PRODUCT/NUMBER|ICCID", *what, "The device or the card")->required();
  verb->footer(
      "The device's next report binds it again if its card is free then.\n"
      "With --json: the binding that ended, as in card show.");
  verb->callback(
      [&program, what] { program.verb = [&program, what] { return unbind(program, *what); }; });
}

}  // namespace iotcard
