// SPDX-License-Identifier: Apache-2.0
// bind, unbind.
#include <fmt/core.h>

#include <memory>
#include <optional>

#include "operations.h"
#include "operations/json.h"
#include "output.h"
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
  const auto operations = open_operations(program, Use::change);
  const BindResult result = operations->bind(device, iccid, options.force);
  return print_change(
      program.json, [&](JsonText& json) { write_bind_result(json, result); },
      [&] {
        for (const Binding& released : result.released) say_released(released);
        say(fmt::format("{} {} device {}", named_card(result.binding.iccid, iccid),
                        result.created ? "is now bound to" : "was bound already to",
                        device.text()));
      });
}

int unbind(Program& program, const std::string& what) {
  const bool names_device = what.find('/') != std::string::npos;
  const auto device = names_device ? std::optional{device_from_operator(what)} : std::nullopt;
  const auto iccid = names_device ? std::nullopt : std::optional{iccid_from_operator(what)};
  const auto operations = open_operations(program, Use::change);
  const Binding released = device ? operations->unbind(*device) : operations->unbind(*iccid);
  return print_change(
      program.json, [&](JsonText& json) { write_binding(json, released); },
      [&] { say_released(released); });
}

}  // namespace

Action bind_verb(Arguments& arguments) {
  auto options = std::make_shared<BindOptions>();
  arguments.required("PRODUCT/NUMBER", options->device,
                     "The device; it need not have reported yet");
  arguments.required("ICCID", options->iccid, "The card");
  arguments.flag("--force", options->force, "Ends the bindings that stand in the way");
  arguments.footer(R"(
With --json: the binding, as in card show, and created (false: they were bound already) and
released: the bindings that ended.)");
  return [options](Program& program) { return bind(program, *options); };
}

Action unbind_verb(Arguments& arguments) {
  auto what = std::make_shared<std::string>();
  arguments.required("PRODUCT/NUMBER|ICCID", *what, "The device or the card");
  arguments.footer(R"(
If its card is still free then, the device's next report binds it again.
With --json: the binding that ended, as in card show.)");
  return [what](Program& program) { return unbind(program, *what); };
}

}  // namespace iotcard
