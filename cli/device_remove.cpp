// SPDX-License-Identifier: Apache-2.0
// device remove.
#include <fmt/core.h>

#include <iostream>
#include <memory>

#include "base/text.h"
#include "operations.h"
#include "operations/batch.h"
#include "operations/json.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct DeviceRemoveOptions {
  std::vector<std::string> devices;
  bool force = false;
  bool dry_run = false;
};

// "-": those on standard input, one a line.
std::vector<DeviceKey> devices_of(const std::vector<std::string>& names) {
  std::vector<DeviceKey> devices;
  const auto add = [&](const std::string& name) {
    const DeviceKey device = device_from_operator(name);
    if (!contains(devices, device)) devices.push_back(device);
  };
  for (const std::string& name : names) {
    if (name != "-") {
      add(name);
      continue;
    }
    each_listed(std::cin, "device",
                [&](std::string_view device, std::int64_t) { add(std::string{device}); });
  }
  return devices;
}

void say_removed(const DeviceRemoval& removal) {
  if (removal.dry_run) {
    say(fmt::format(
        "dry run, nothing is done: device {} would be removed{}{}", removal.device.text(),
        removal.released ? fmt::format(", the binding to {} ended", removal.released->iccid.text())
                         : "",
        removal.mismatches.empty()
            ? ""
            : fmt::format(", {} ended", counted(std::ssize(removal.mismatches), "mismatch"))));
    return;
  }
  if (removal.released) say_released(*removal.released);
  for (const Mismatch& mismatch : removal.mismatches) {
    say(fmt::format("ended: mismatch {}, {} {}", mismatch.id, outcome_name(mismatch.outcome),
                    mismatch.reported));
  }
  say(fmt::format("device {} removed", removal.device.text()));
}

int remove(Program& program, const DeviceRemoveOptions& options) {
  const std::vector<DeviceKey> devices = devices_of(options.devices);
  const auto operations = open_operations(program, Use::change);
  const bool one = options.devices.size() == 1 && options.devices[0] != "-";
  std::vector<DeviceRemoval> removals;
  bool failed = false;
  for (const DeviceKey& device : devices) {
    try {
      removals.push_back(operations->remove_device(device, options.force, options.dry_run));
    } catch (const OperationError& error) {
      if (one) throw;
      complain(error.what());
      failed = true;
    }
  }
  (options.dry_run ? print_result : print_change)(
      program.json,
      [&](JsonText& json) {
        if (one) return write_removed(json, removals.at(0));
        json.begin_array();
        for (const DeviceRemoval& removal : removals) write_removed(json, removal);
        json.end_array();
      },
      [&] {
        for (const DeviceRemoval& removal : removals) say_removed(removal);
      });
  return failed ? failure : success;
}

}  // namespace

Action device_remove_verb(Arguments& arguments) {
  auto options = std::make_shared<DeviceRemoveOptions>();
  arguments.required("PRODUCT/NUMBER", options->devices,
                     "The devices; - is standard input, one a line");
  arguments.flag("--force", options->force, "Even if it is bound: ends the binding");
  arguments.flag("--dry-run", options->dry_run, "Says what would end, and changes nothing");
  arguments.footer(R"(
Also deletes its ended bindings and mismatches. Mismatches that stand end with it. A device
that reports again is a new one.
Each device is removed or not by itself; those that could not be are named on standard
error with the reason (exit status 1).
With --json, one object: product, device, removed, dry_run, released (the binding that
ended, or null) and mismatches, those that ended; of several devices an array of such.)");
  return [options](Program& program) { return remove(program, *options); };
}

}  // namespace iotcard
