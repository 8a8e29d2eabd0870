// SPDX-License-Identifier: Apache-2.0
#include "operations/platform_test.h"

namespace iotcard {

void write_platform_test(JsonText& json, const PlatformTest& test) {
  json.begin_object()
      .member("ok", test.problem.empty())
      .member("took_ms", test.took_ms)
      .key("steps")
      .begin_array();
  for (const PlatformTestStep& step : test.steps) {
    json.begin_object()
        .member("name", step.name)
        .member("ok", step.ok)
        .member("text", step.text)
        .end_object();
  }
  json.end_array().key("card");
  if (test.card) {
    json.begin_object();
    for (const FieldChange& field : *test.card) json.member(field.name, field.value);
    json.end_object();
  } else {
    json.null();
  }
  json.member("result", or_null(test.result)).member("problem", or_null(test.problem)).end_object();
}

}  // namespace iotcard
