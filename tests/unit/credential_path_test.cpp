// SPDX-License-Identifier: Apache-2.0
// Secrets in the configuration: where their files are found, and that no message repeats a value.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "unit/config_mistakes.h"

using namespace iotcard;

namespace {

// The variable as systemd would set it, or not, until the end of the scope.
class CredentialsDirectory {
 public:
  explicit CredentialsDirectory(const char* folder) {
    folder == nullptr ? unsetenv(name) : setenv(name, folder, 1);
  }
  ~CredentialsDirectory() { unsetenv(name); }
  CredentialsDirectory(const CredentialsDirectory&) = delete;
  CredentialsDirectory& operator=(const CredentialsDirectory&) = delete;

 private:
  static constexpr const char* name = "CREDENTIALS_DIRECTORY";
};

std::string password_file(const std::string& value) {
  const std::string toml = "[broker]\nusername = \"u\"\npassword_file = '" + value + "'\n";
  return parse_config(toml, "x.toml").broker.password_file;
}

}  // namespace

TEST_CASE("a credential is in systemd's folder, and in /etc/credstore without systemd") {
  {
    const CredentialsDirectory service{"/run/credentials/iotcardd.service"};
    CHECK(password_file("$CREDENTIALS_DIRECTORY/pw") == "/run/credentials/iotcardd.service/pw");
  }
  for (const char* unset : {static_cast<const char*>(nullptr), ""}) {
    const CredentialsDirectory operators{unset};
    CHECK(password_file("$CREDENTIALS_DIRECTORY/pw") == "/etc/credstore/pw");
  }
}

TEST_CASE("only the prefix $CREDENTIALS_DIRECTORY/ is replaced") {
  const CredentialsDirectory service{"/run/credentials/iotcardd.service"};
  for (const char* literal :
       {"/etc/$CREDENTIALS_DIRECTORY/pw", "$CREDENTIALS_DIRECTORY", "${CREDENTIALS_DIRECTORY}/pw",
        "$CREDENTIALS_DIRECTORYX/pw", "$HOME/pw", "$$CREDENTIALS_DIRECTORY/pw", "/a/b", ""}) {
    CAPTURE(literal);
    CHECK(password_file(literal) == literal);
  }
}

TEST_CASE("exactly the keys for files accept a credential") {
  const CredentialsDirectory service{"/run/c"};
  const Config config = parse_config(R"(
[broker]
url = "mqtts://h"
client_id = "$CREDENTIALS_DIRECTORY/id"
username = "$CREDENTIALS_DIRECTORY/user"
password_file = "$CREDENTIALS_DIRECTORY/password"
ca_file = "$CREDENTIALS_DIRECTORY/ca"
cert_file = "$CREDENTIALS_DIRECTORY/cert"
key_file = "$CREDENTIALS_DIRECTORY/key"
[api]
token_file = "$CREDENTIALS_DIRECTORY/tokens"
[[platform]]
id = 1
secret_file = "$CREDENTIALS_DIRECTORY/secret"
secret = "$CREDENTIALS_DIRECTORY/secret"
)",
                                     "x.toml");
  CHECK(config.broker.client_id == "$CREDENTIALS_DIRECTORY/id");
  CHECK(config.broker.username == "$CREDENTIALS_DIRECTORY/user");
  CHECK(config.broker.password_file == "/run/c/password");
  CHECK(config.broker.ca_file == "/run/c/ca");
  CHECK(config.broker.cert_file == "/run/c/cert");
  CHECK(config.broker.key_file == "/run/c/key");
  CHECK(config.api.token_file == "/run/c/tokens");
  CHECK(config.platforms[0].values.at("secret_file") == "/run/c/secret");
  CHECK(config.platforms[0].values.at("secret") == "$CREDENTIALS_DIRECTORY/secret");
}

TEST_CASE("a credential without a valid name is refused") {
  for (const char* name : {"", ".", "..", "a/b", "../shadow"}) {
    CAPTURE(name);
    const std::string text = mistakes("[api]\ntoken_file = \"$CREDENTIALS_DIRECTORY/" +
                                      std::string{name} + "\"\n[[platform]]\nid = 1\n" +
                                      "x_file = \"$CREDENTIALS_DIRECTORY/" + name + "\"\n");
    CHECK(text ==
          "x.toml:2: api.token_file: expected the name of a credential behind "
          "$CREDENTIALS_DIRECTORY/, without a /\n"
          "x.toml:5: platform.x_file: expected the name of a credential behind "
          "$CREDENTIALS_DIRECTORY/, without a /");
  }
}

TEST_CASE("no message about invalid TOML repeats a value") {
  for (const char* value :
       {"\"hunter2-99\"", "hunter2-99", "\"hunter2-99", "'hunter2-99", "trhunter2-99", "falhunter2",
        "\"a\" hunter2-99", "{ hunter2 = 99 }", "[ \"hunter2-99\"", "\"\"\"\nhunter2-99",
        "\"hunter2-99\"\npassword = \"hunter2-99\"", "1hunter2", "\"\\hunter2\""}) {
    const std::string text = mistakes("[broker]\npassword = " + std::string{value} + "\n");
    CAPTURE(value, text);
    CHECK(text.rfind("x.toml:", 0) == 0);
    CHECK(text.find("hunter") == std::string::npos);
    for (const char* part : {"saw 'tr", "saw 'fal"}) CHECK(text.find(part) == std::string::npos);
  }
  for (const char* number : {"99999999999999999999", "0xffffffffffffffffffff", "1e99999"}) {
    const std::string text = mistakes("[broker]\npassword = " + std::string{number} + "\n");
    CAPTURE(text);
    CHECK(text.rfind("x.toml:2: ", 0) == 0);
    CHECK(text.find(number) == std::string::npos);
  }
  CHECK(mistakes("[broker]\n[broker]").find("'broker'") != std::string::npos);
}
