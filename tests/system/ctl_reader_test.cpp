// SPDX-License-Identifier: Apache-2.0
// A user who may only read the store, as a member of the group of the service: what it can look at
// with the daemon running, stopped and killed, and what it is told where it may not. Other users
// are made with setpriv, so only root can run these.
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "support/daemon.h"
#include "support/mosquitto.h"
#include "system/desk.h"
#include "system/watched_broker.h"

using namespace iotcard;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

constexpr uid_t service_user = 64001;
constexpr gid_t service_group = 64002;
constexpr uid_t reader_user = 64003;
const std::string card = "898604293620C0000970";

// A folder as systemd makes it for the service: owned by its user, mode 2750.
class ServiceStore {
 public:
  ServiceStore() {
    chmod(dir.path().c_str(), 0755);  // others get as far as the folder of the store
    fs::create_directory(folder);
    REQUIRE(chown(folder.c_str(), service_user, service_group) == 0);
    REQUIRE(chmod(folder.c_str(), 02750) == 0);
  }

  // iotcardctl as another user, with one supplementary group.
  CtlResult run_as(uid_t user, gid_t group, std::vector<std::string> arguments) {
    std::vector<std::string> command{"setpriv",
                                     fmt::format("--reuid={}", user),
                                     "--regid=65534",
                                     fmt::format("--groups={}", group),
                                     IOTCARDCTL,
                                     "--store",
                                     url};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Process process{{.command = command,
                     .output = dir.file(fmt::format("as-{}", ++runs_)),
                     .env = {},
                     .input = {}}};
    const auto status = process.wait();
    REQUIRE(status);
    CtlResult result{*status, process.out(), process.err()};
    UNSCOPED_INFO(result.out << result.err);
    return result;
  }
  CtlResult as_reader(const std::vector<std::string>& arguments) {
    return run_as(reader_user, service_group, arguments);
  }
  CtlResult as_stranger(const std::vector<std::string>& arguments) {
    return run_as(reader_user, 65534, arguments);
  }
  CtlResult as_service(const std::vector<std::string>& arguments) {
    return run_as(service_user, service_group, arguments);
  }
  CtlResult as_root(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--store", url});
    return ctl(dir, arguments);
  }

  TempDir dir;
  const std::string folder = dir.file("lib");
  const std::string file = folder + "/cards.db";
  const std::string url = "sqlite:" + file;

 private:
  int runs_ = 0;
};

bool is_root() {
  if (geteuid() == 0) return true;
  WARN("skipped: not root, which is needed to be another user");
  return false;
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status;
}

const std::vector<std::vector<std::string>> reading_verbs{
    {"card", "list"},     {"card", "show", card}, {"card", "export"},     {"device", "list"},
    {"mismatch", "list"}, {"rejected", "list"},   {"quarantine", "list"}, {"platform", "list"}};

}  // namespace

TEST_CASE("a member of the group reads the store while nobody has it open") {
  if (!is_root()) return;
  ServiceStore store;
  REQUIRE(store.as_service({"card", "add", card}).status == 0);
  for (const auto& verb : reading_verbs) {
    CAPTURE(verb);
    const CtlResult seen = store.as_reader(verb);
    CHECK(seen.status == 0);
    CHECK(seen.out == store.as_root(verb).out);
  }
  CHECK_THAT(store.as_reader({"card", "list"}).out, Contains(card));
}

TEST_CASE("a member of the group reads what another process has just written") {
  if (!is_root()) return;
  ServiceStore store;
  REQUIRE(store.as_service({"card", "add", card}).status == 0);
  WatchedBroker world;
  const auto daemon = std::make_unique<Daemon>(world.dir, world.broker.url(),
                                               Daemon::Options{.store_url = store.url});
  daemon->wait_online();
  REQUIRE(store.as_root({"card", "set", card, "note=while-running"}).status == 0);
  CHECK_THAT(store.as_reader({"card", "show", card}).out, Contains("while-running"));
  daemon->kill();
  CHECK_THAT(store.as_reader({"card", "show", card}).out, Contains("while-running"));
}

TEST_CASE("a member of the group who would write is told who may, and nothing changes") {
  if (!is_root()) return;
  ServiceStore store;
  REQUIRE(store.as_service({"card", "add", card}).status == 0);
  for (const auto& verb : std::vector<std::vector<std::string>>{
           {"card", "set", card, "note=x"}, {"card", "remove", card}, {"bind", "1/A", card}}) {
    CAPTURE(verb);
    const CtlResult refused = store.as_reader(verb);
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, Contains("this user may only read it. Root and the user 64001 may"));
  }
  CHECK_THAT(store.as_service({"card", "show", card}).out, !Contains("note"));
}

TEST_CASE("who may not even read the store is told who may") {
  if (!is_root()) return;
  ServiceStore store;
  REQUIRE(store.as_service({"card", "add", card}).status == 0);
  for (const char* verb : {"list", "export"}) {
    const CtlResult refused = store.as_stranger({"card", verb});
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, Contains("this user may not read it. Root, the user 64001 and members "
                                     "of the group 64002 may read it"));
  }
}

TEST_CASE("a store whose log is missing is explained to who cannot make it") {
  if (!is_root()) return;
  ServiceStore store;
  REQUIRE(store.as_service({"card", "add", card}).status == 0);
  for (const char* suffix : {"-wal", "-shm"}) REQUIRE(fs::remove(store.file + suffix));
  const CtlResult refused = store.as_reader({"card", "list"});
  CHECK(refused.status == 1);
  CHECK_THAT(refused.err, Contains("-shm, which are missing") && Contains("if root runs it once"));
  REQUIRE(store.as_root({"card", "list"}).status == 0);
  CHECK(store.as_reader({"card", "list"}).status == 0);
}

TEST_CASE("the files of a store are for the service to write and for its group to read") {
  if (!is_root()) return;
  ServiceStore store;
  const bool root_makes_it = GENERATE(false, true);
  CAPTURE(root_makes_it);
  const mode_t mask = umask(022);
  const CtlResult made = root_makes_it ? store.as_root({"card", "add", card})
                                       : store.as_service({"card", "add", card});
  umask(mask);
  REQUIRE(made.status == 0);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    CAPTURE(suffix);
    const struct stat status = status_of(store.file + suffix);
    CHECK((status.st_mode & 07777) == 0640);
    CHECK(status.st_uid == service_user);
    CHECK(status.st_gid == service_group);
  }
  REQUIRE(store.as_service({"card", "set", card, "note=x"}).status == 0);
}
