// SPDX-License-Identifier: Apache-2.0
// platform_example.h - A profile with a log-in and one step, and answers to it. Values only.
#pragma once

#include <map>
#include <string>

#include "platform_bench.h"

namespace iotcard::platform_example {

using Kind = CardAnswer::Kind;

inline const std::string head = "name = \"X\"\ndocumentation = \"https://x\"\n";
inline const std::string with_login = head + R"(
[settings.password]
about = "p"
secret = true
[login]
method = "POST"
path = "/token"
json = { password = "{password}" }
save = { token = "/access_token" }
ttl = "1h"
[request]
headers = { Authorization = "Bearer {login.token}" }
[answer]
login_again = [{ http = [401] }, { at = "/status", is = ["12021"] }]
ok = [{ at = "/code", is = ["0"] }]
denied = [{ at = "/code", is = ["10001"] }]
message = ["/message"]
)";
inline const std::string one_step = R"(
[[card]]
name = "status"
method = "GET"
path = "/sims/{iccid}"
item = "/data"
not_found = [{ at = "/code", is = ["10404"] }, { at = "/data", empty = true }]
fields = { iccid = "/iccid", plan = "/plan" }
)";
inline const std::string token = "{\"code\":0,\"access_token\":\"TOKEN-1\"}";
inline const std::string good =
    "{\"code\":0,\"data\":{\"iccid\":\"89860618050008541476\",\"plan\":\"p\"}}";
inline const std::map<std::string, std::string> settings = {{"password", "hunter2/+x"}};

}  // namespace iotcard::platform_example
