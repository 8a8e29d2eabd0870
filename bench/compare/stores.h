// SPDX-License-Identifier: Apache-2.0
// stores.h - The stores that the compared programs begin with, filled once and copied for each run:
// the cards, and the bindings that devices have made before. One thread; throws std::exception.
#pragma once

#include <cstdint>
#include <string>

#include "load/fleet.h"

namespace iotcard {

struct StormKind {
  std::string name;
  std::string about;
  std::int64_t event_every;  // the last of each so many devices is new, the others only confirm

  bool is_new(std::int64_t device) const { return device % event_every == event_every - 1; }
};

class Stores {
 public:
  // They stay in `folder`, and are used again if they have the same size.
  Stores(std::string folder, const Fleet& fleet, std::int64_t devices)
      : folder_(std::move(folder)), fleet_(fleet), devices_(devices) {}

  // Copies what a program begins such a storm with to `path`, and waits for the disk.
  void copy_ours(const StormKind& kind, const std::string& path);
  void copy_peers(const StormKind& kind, const std::string& path);

 private:
  std::string ours(const StormKind& kind);
  std::string peers(const StormKind& kind);

  std::string folder_;
  Fleet fleet_;
  std::int64_t devices_;
};

}  // namespace iotcard
