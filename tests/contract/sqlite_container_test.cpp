// SPDX-License-Identifier: Apache-2.0
// A store that processes of different PID namespaces use, such as a daemon and a container.
#include "contract/sqlite_place.h"
#include "support/pid_namespace.h"

namespace iotcard {

TEST_CASE("in a container a store is never taken for one that nobody else uses") {
  const SqlitePlace place;
  const auto daemon = open_store(place.url());
  const auto used = in_pid_namespace([&] { return open_store(place.url())->used_by_others(); });
  if (!used) {
    WARN("this user may not make a PID namespace");
    return;
  }
  CHECK(*used);
}

TEST_CASE("an import that a process outside works on is not claimed in a container") {
  const SqlitePlace place;
  const auto daemon = open_store(place.url());
  const std::int64_t import = daemon->add_import("");
  const auto claimed =
      in_pid_namespace([&] { return open_store(place.url())->claim_import(import).has_value(); });
  if (!claimed) {
    WARN("this user may not make a PID namespace");
    return;
  }
  CHECK_FALSE(*claimed);
}

}  // namespace iotcard
