// SPDX-License-Identifier: Apache-2.0
// envelope.h - The shape of every JSON response: {"code":200,"msg":"ok","data":…}, for lists
// {"code":200,"msg":"ok","total":N,"rows":[…]}, for errors {"code":404,"msg":"…"}; code is the HTTP
// status. Source: the conventions of RuoYi, whose clients read code. Pure; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "api/response.h"
#include "base/json_text.h"

namespace iotcard {

// `data` is one complete JSON value, or a function that writes one.
void respond_one(Response& response, std::string_view data, int status = 200,
                 std::string_view message = "ok");
void respond_one(Response& response, const std::function<void(JsonText&)>& data, int status = 200);
// `rows` is a complete JSON array, `total` the number of rows on all pages.
void respond_list(Response& response, std::int64_t total, std::string_view rows);
// Replaces the response.
void respond_error(Response& response, int status, std::string_view message,
                   const HeaderList& headers = {});

}  // namespace iotcard
