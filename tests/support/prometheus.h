// SPDX-License-Identifier: Apache-2.0
// prometheus.h - A real Prometheus on a free port of 127.0.0.1 with a folder of its own, and
// promtool. Where they are: in PATH, or where scripts/install-deps.sh unpacks them. One thread.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace iotcard {

bool has_prometheus();

struct PromtoolResult {
  int status = -1;
  std::string text;  // of both outputs
};
PromtoolResult promtool(const TempDir& dir, const std::vector<std::string>& arguments,
                        const std::string& input = "");

class Prometheus {
 public:
  // `config`: the whole prometheus.yml. Returns once it answers; throws std::runtime_error.
  Prometheus(const TempDir& dir, const std::string& config);

  // The member "data" of what /api/v1/PATH answers; throws std::runtime_error that has the error.
  rapidjson::Document get(const std::string& path) const;
  // What an instant query finds: {"metric": {…}, "value": […]} each.
  rapidjson::Document query(const std::string& expression) const;
  std::string tail() const { return process_->tail(); }

 private:
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

}  // namespace iotcard
