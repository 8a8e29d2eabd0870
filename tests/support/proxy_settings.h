// SPDX-License-Identifier: Apache-2.0
// proxy_settings.h - What this process's environment says of proxies: just what a test says, and
// what it said before when the test is over. One thread.
#pragma once

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace iotcard {

class ProxySettings {
 public:
  explicit ProxySettings(const std::map<std::string, std::string>& settings = {}) {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                             "no_proxy", "NO_PROXY"}) {
      if (const char* value = std::getenv(name)) before_[name] = value;
      unsetenv(name);
    }
    for (const auto& [name, value] : settings) {
      setenv(name.c_str(), value.c_str(), 1);
      set_.push_back(name);
    }
  }
  ~ProxySettings() {
    for (const std::string& name : set_) unsetenv(name.c_str());
    for (const auto& [name, value] : before_) setenv(name.c_str(), value.c_str(), 1);
  }
  ProxySettings(const ProxySettings&) = delete;
  ProxySettings& operator=(const ProxySettings&) = delete;

 private:
  std::map<std::string, std::string> before_;
  std::vector<std::string> set_;
};

}  // namespace iotcard
