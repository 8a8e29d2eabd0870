// SPDX-License-Identifier: Apache-2.0
// power_cut.h - What a power cut leaves of a folder: the files as they were last synced, under the
// names that were synced, and nothing else. The program under test runs with env(), which loads
// support/preload/synced_files.cpp into it. One thread.
#pragma once

#include <map>
#include <string>

namespace iotcard {

class PowerCut {
 public:
  // Watches `folder`, which exists; keeps what it needs in `notes`, which is not inside.
  PowerCut(std::string folder, std::string notes);

  std::map<std::string, std::string> env() const;
  // To be called when the program has been killed: all that was not synced is gone.
  void strike() const;

 private:
  void rebuild(const std::string& folder, const std::string& key) const;

  const std::string folder_;
  const std::string notes_;
};

}  // namespace iotcard
