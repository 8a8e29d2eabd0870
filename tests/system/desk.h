// SPDX-License-Identifier: Apache-2.0
// desk.h - An operator's desk: iotcardctl on a store in a folder of the test's own; no daemon, no
// broker. One thread.
#pragma once

#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "support/daemon.h"
#include "support/wait.h"

namespace iotcard {

class Desk {
 public:
  CtlResult run(std::vector<std::string> arguments, const std::string& input = "") {
    arguments.insert(arguments.end(), {"--store", store});
    last_ = ctl(dir, arguments, input);
    UNSCOPED_INFO(last_.out << last_.err);
    return last_;
  }
  rapidjson::Document json(std::vector<std::string> arguments) {
    arguments.push_back("--json");
    const CtlResult result = run(std::move(arguments));
    rapidjson::Document document;
    document.Parse(result.out.c_str());
    REQUIRE_FALSE(document.HasParseError());
    return document;
  }

  TempDir dir;
  std::string store = "sqlite:" + dir.file("cards.db");

 private:
  CtlResult last_;
};

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace iotcard
