// SPDX-License-Identifier: Apache-2.0
#include "domain/event.h"

#include <catch2/catch.hpp>

using namespace iotcard;

TEST_CASE("an event says its time, whatever its device is called") {
  const Instant time = parse_time("2026-11-23T20:51:00.123Z").value();
  const DeviceKey device{R"(","time":"1999-01-01T00:00:00Z)", R"("time":"1999)"};
  const Event event{EventKind::report_no_card, device, std::nullopt, time,
                    R"({"a":1,"time":"1999-01-01T00:00:00Z"})"};
  CHECK(event_time(with_event_id(event_json(event), "x:1")) == time);
  CHECK_FALSE(event_time("{}").has_value());
  CHECK_FALSE(event_time(R"({"a":1,"time":")").has_value());
}
