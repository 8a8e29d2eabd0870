// SPDX-License-Identifier: Apache-2.0
// device remove.
#include <fmt/core.h>

#include <memory>

#include "operations/device_operations.h"
#include "operations/json.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct DeviceRemoveOptions {
  std::string device;
  bool force = false;
};

int remove(Program& program, const DeviceRemoveOptions& options) {
  const DeviceKey device = device_from_operator(options.device);
  const auto store = program.open_store_to_change();
  const DeviceRemoval removal = remove_device(*store, program.context(), device, options.force);
  return print_change(
      program.json, [&](JsonText& json) { write_removed(json, removal); },
      [&] {
        if (removal.released) say_released(*removal.released);
        for (const Mismatch& mismatch : removal.mismatches) {
          say(fmt::format("ended: mismatch {}, {} {}", mismatch.id, outcome_name(mismatch.outcome),
                          mismatch.reported));
        }
        say(fmt::format("device {} removed", device.text()));
      });
}

}  // namespace

Action device_remove_verb(Arguments& arguments) {
  auto options = std::make_shared<DeviceRemoveOptions>();
  arguments.required("PRODUCT/NUMBER", options->device, "The device");
  arguments.flag("--force", options->force, "Even if it is bound: ends the binding");
  arguments.footer(R"(
Also deletes its ended bindings and mismatches. Mismatches that stand end with it. A device
that reports again is a new one.
With --json, one object: product, device, removed, released (the binding that ended, or
null) and mismatches: the numbers of those that ended.)");
  return [options](Program& program) { return remove(program, *options); };
}

}  // namespace iotcard
