// SPDX-License-Identifier: Apache-2.0
// --check-config opens the files that the start opens, and a configuration error ends the start
// with exit status 3, for which systemd does not start it again.
#include <filesystem>

#include "support/tls_files.h"
#include "system/watched_broker.h"

using namespace iotcard;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

struct Run {
  int status = -1;
  std::string out;
  std::string err;
};

struct Checked {
  TempDir dir;

  std::string write(const std::string& name, const std::string& text, int mode = 0600) const {
    const std::string path = dir.file(name);
    write_file(path, text);
    fs::permissions(path, fs::perms{static_cast<unsigned>(mode)});
    return path;
  }
  std::string config(const std::string& toml) const {
    return write("c.toml", toml + "\n[store]\nurl = \"sqlite:" + dir.file("cards.db") +
                               "\"\n[intake]\ndir = \"" + dir.file("intake") + "\"\n");
  }
  Run run(std::vector<std::string> arguments, const std::map<std::string, std::string>& env = {}) {
    arguments.insert(arguments.begin(), {IOTCARDD, "--config", dir.file("c.toml")});
    Process process{{.command = arguments,
                     .output = dir.file("run-" + std::to_string(++runs)),
                     .env = env,
                     .input = {}}};
    return {process.wait().value_or(-1), process.out(), process.err()};
  }
  // The check refuses it and says `what`.
  void refused(const std::string& toml, const std::string& what) {
    config(toml);
    const Run check = run({"--check-config"});
    INFO(check.out << check.err);
    CHECK(check.status == 3);
    CHECK_THAT(check.err, Contains(what));
  }
  void accepted(const std::string& toml) {
    config(toml);
    const Run check = run({"--check-config"});
    INFO(check.err);
    CHECK(check.status == 0);
    CHECK(check.out == dir.file("c.toml") + ": OK\n");
  }
  // The check and the start refuse it alike.
  void not_started(const std::string& toml, const std::string& what) {
    refused(toml, what);
    const Run start = run({});
    INFO(start.err);
    CHECK(start.status == 3);
    CHECK_THAT(start.err, Contains(what));
  }
  int runs = 0;
};

const std::string good_token = "ops write operator-token-0123456789\n";

}  // namespace

TEST_CASE("a token file that the start refuses is refused by --check-config, both with status 3") {
  Checked checked;
  const auto toml = [&](const std::string& path) {
    return "[api]\nlisten = \"127.0.0.1:" + std::to_string(free_port()) + "\"\ntoken_file = \"" +
           path + "\"";
  };
  checked.not_started(toml(checked.dir.file("none")), "cannot read the tokens from");
  checked.not_started(toml(checked.write("open", good_token, 0644)), "others may read this file");
  checked.not_started(toml(checked.write("bad", "ops write short\n")), "bad:1: expected a token");
  checked.accepted(toml(checked.write("empty", "")));  // it lets nobody in
  checked.accepted(toml(checked.write("good", good_token)));
}

TEST_CASE("the check of a configuration opens password, authorities, certificate and key") {
  Checked checked;
  const TlsFiles files = make_tls_files(checked.dir, "own");
  const TlsFiles other = make_tls_files(checked.dir, "other");
  const std::string broker = "[broker]\nurl = \"mqtts://127.0.0.1:8883\"\n";
  const auto key = [](const std::string& name, const std::string& path) {
    return name + " = \"" + path + "\"\n";
  };
  const std::string none = checked.dir.file("none");
  checked.refused(broker + "username = \"u\"\n" + key("password_file", none),
                  "broker.password_file: " + none + ": No such file");
  checked.refused(broker + "username = \"u\"\n" + key("password_file", checked.write("e", "")),
                  "it is empty");
  checked.refused(broker + key("ca_file", none), "broker.ca_file: " + none);
  checked.refused(broker + key("ca_file", checked.write("text", "no certificate")),
                  "expected certificates of authorities in PEM");
  const std::string cert = key("cert_file", files.client_cert);
  checked.refused(broker + key("cert_file", none) + key("key_file", files.client_key),
                  "broker.cert_file: " + none);
  checked.refused(broker + cert + key("key_file", none), "broker.key_file: " + none);
  checked.refused(broker + cert + key("key_file", other.client_key), "expected the key of that");
  checked.accepted(broker + key("ca_file", files.ca) + cert + key("key_file", files.client_key));
}

TEST_CASE(
    "the check of a configuration reads the secrets of platforms; the start goes on without one") {
  Checked checked;
  const std::string profiles =
      "[refresh]\nprofiles = [\"" IOTCARD_SOURCE_DIR "/examples/platforms\"]\n";
  const auto platform = [&](const std::string& secret) {
    return profiles +
           "[[platform]]\nid = 1\nprofile = \"simboss\"\nappid = \"1\"\nsecret_file = \"" + secret +
           "\"\n";
  };
  checked.refused(platform(checked.dir.file("none")), "platform.secret_file: ");
  checked.refused(profiles + "[[platform]]\nid = 1\nprofile = \"nobody\"\n", "there is no profile");
  checked.accepted(platform(checked.write("secret", "s3cret-enough\n")));
}

TEST_CASE("a credential that only the service can see is said to be unchecked") {
  Checked checked;
  checked.config(
      "[broker]\nusername = \"u\"\npassword_file = \"$CREDENTIALS_DIRECTORY/iotcardd.none\"");
  for (const std::map<std::string, std::string>& env :
       {std::map<std::string, std::string>{},
        {{"CREDENTIALS_DIRECTORY", checked.dir.file("gone")}}}) {
    const Run check = checked.run({"--check-config"}, env);
    INFO(check.err);
    CHECK(check.status == 0);
    CHECK_THAT(check.out, Contains("c.toml: OK\nnot checked: broker.password_file: "));
  }
  fs::create_directory(checked.dir.file("there"));
  const Run inside =
      checked.run({"--check-config"}, {{"CREDENTIALS_DIRECTORY", checked.dir.file("there")}});
  CHECK(inside.status == 3);
}

TEST_CASE("a store that is a folder, and the intake folder of another client, end with status 3") {
  Checked checked;
  checked.write("c.toml", "[store]\nurl = \"sqlite:" + checked.dir.path() + "\"\n");
  for (const char* how : {"--check-config", ""}) {
    const Run run =
        checked.run(*how == 0 ? std::vector<std::string>{} : std::vector<std::string>{how});
    CHECK(run.status == 3);
    CHECK_THAT(run.err, Contains("store.url: ") && Contains("is a folder; name a file in it"));
  }
  checked.config("[api]\nlisten = \"\"");
  fs::create_directory(checked.dir.file("intake"));
  write_file(checked.dir.file("intake/client_id"), "another\n");
  const Run start = checked.run({});
  CHECK(start.status == 3);
  CHECK_THAT(start.err, Contains("has reports of broker.client_id \"another\""));
}

TEST_CASE("systemd does not start the daemon again for a wrong configuration") {
  const std::string unit = read_file(IOTCARD_SOURCE_DIR "/systemd/iotcardd.service");
  CHECK_THAT(unit, Contains("\nRestartPreventExitStatus=2 3\n"));
}
