// SPDX-License-Identifier: Apache-2.0
// The cursors in the examples of schemas/openapi.yaml are such as the API gives and takes.
#include <rapidjson/pointer.h>

#include <catch2/catch.hpp>

#include "base/text.h"
#include "operations/listing.h"
#include "operations/quarantine.h"
#include "operations_bench.h"
#include "support/openapi.h"

using namespace iotcard;

namespace {

// What stands behind the check sum.
std::string decoded(const std::string& cursor) {
  std::string text;
  for (std::size_t i = 8; i + 1 < cursor.size(); i += 2) {
    text += static_cast<char>(parse_integer<unsigned char>(cursor.substr(i, 2), 16).value_or(0));
  }
  return text;
}

}  // namespace

TEST_CASE("each cursor of an example in openapi.yaml is one of its list") {
  const OpenApi page;
  OperationsBench bench;
  const std::vector<std::pair<std::string, std::string>> lists{
      {"/card/list", card_rows(bench.store(), bench.context, {}).name},
      {"/card/abnormal", card_rows(bench.store(), bench.context, {.abnormal = true}).name},
      {"/device/list", device_rows(bench.store(), {}).name},
      {"/mismatch/list", mismatch_rows(bench.store(), {}).name},
      {"/rejected/list", rejected_rows(bench.store(), {}).name},
      {"/event/quarantine", quarantined_rows(bench.store()).name},
  };
  int found = 0;
  for (const auto& [path, name] : lists) {
    std::string place = path;
    place.replace(place.find('/', 1), 1, "~1").replace(0, 1, "/paths/~1");
    place += "/get/responses/200/content/application~1json/example";
    const auto* example = rapidjson::Pointer{place.c_str()}.Get(page.page());
    if (example == nullptr || !(*example)["nextCursor"].IsString()) continue;
    const std::string cursor = (*example)["nextCursor"].GetString();
    const ListTotal total{(*example)["total"].GetInt64(),
                          (*example)["totalIsLowerBound"].GetBool()};
    const std::string inner = decoded(cursor);
    INFO(path << " has " << cursor);
    CHECK(cursor == public_cursor(name, total, inner.substr(inner.find(':') + 1)));
    ++found;
  }
  CHECK(found >= 4);
}
