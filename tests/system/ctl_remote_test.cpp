// SPDX-License-Identifier: Apache-2.0
// What iotcardctl says and removes through the API of a daemon, where the store itself cannot be
// asked for the same.
#include <catch2/catch.hpp>

#include "support/json_schema.h"
#include "system/remote_world.h"

using namespace iotcard;
using Catch::Contains;

TEST_CASE("status and doctor print through the API what the daemon says") {
  RemoteWorld world;
  world.fill();
  world.write_token(reader);
  const CtlResult status = world.remote({"status"});
  CHECK(status.status == 0);
  CHECK_THAT(status.out, Contains("3 devices") && Contains("online since") &&
                             Contains("1 card_in_use") && Contains("iotcardctl mismatch list") &&
                             Contains("well"));
  const auto json = parse_json(world.remote({"status", "--json"}).out);
  CHECK(json["store"]["devices"].GetInt64() == 3);
  CHECK(json["well"].Size() > 0);

  const CtlResult doctor = world.remote({"doctor"});
  CHECK_THAT(doctor.out, Contains("OK") && Contains("broker") && Contains("store"));
  const auto findings = parse_json(world.remote({"doctor", "--json"}).out);
  CHECK(findings.Size() > 5);
  CHECK(world.remote({"doctor", "--thorough"}).status == 2);
}

TEST_CASE("cards, devices and rejected reports are removed through the API") {
  RemoteWorld world;
  world.fill();
  CHECK_THAT(world.remote({"device", "remove", "1/D2", "1/D3"}).out,
             Contains("ended: mismatch") && Contains("device 1/D2 removed") &&
                 Contains("device 1/D3 removed"));
  CHECK_THAT(world.remote({"rejected", "remove", "1", "2"}).out,
             Contains("2 rejected reports removed"));
  CHECK_THAT(world.remote({"card", "remove", world.one, world.two, "--force"}).out,
             Contains("2 cards removed"));
  CHECK(rows_of(world.local({"card", "list", "--json"}).out) == 0);
  CHECK(rows_of(world.local({"rejected", "list", "--json"}).out) == 0);
}
