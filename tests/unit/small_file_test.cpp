// SPDX-License-Identifier: Apache-2.0
#include "base/small_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "api/tokens.h"
#include "config/config.h"
#include "platform/profile.h"

using namespace iotcard;
using Catch::Contains;

namespace {

class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "small-file-XXXXXX").string()) {
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name) const { return path_ + '/' + name; }
  std::string fifo() const {
    const std::string path = file("fifo");
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    return path;
  }

 private:
  std::string path_;
};

std::string problem_of(const std::string& path, std::size_t max_bytes = max_small_file_bytes) {
  const auto file = read_small_file(path, max_bytes);
  const auto* problem = std::get_if<Problem>(&file);
  return problem == nullptr ? "" : problem->text;
}

}  // namespace

TEST_CASE("a small file is read whole, with its mode") {
  const Folder folder;
  const std::string path = folder.file("text");
  const std::string text("a\0b\n", 4);
  std::ofstream{path} << text;
  chmod(path.c_str(), 0640);
  const auto file = std::get<SmallFile>(read_small_file(path, text.size()));
  CHECK(file.text == text);
  CHECK((file.mode & 0777) == 0640);
  std::ofstream{path}.flush();
  CHECK(std::get<SmallFile>(read_small_file(path)).text.empty());
}

TEST_CASE("a file that is too large, missing or no regular file is refused at once") {
  const Folder folder;
  const std::string path = folder.file("text");
  std::ofstream{path} << "12345";
  CHECK(problem_of(path, 4) == "expected at most 4 bytes");
  CHECK(problem_of(folder.file("absent")) == "No such file or directory");
  CHECK(problem_of(folder.file("")) == "a folder; expected a regular file");
  for (const std::string& endless : {folder.fifo(), std::string{"/dev/zero"}}) {
    CAPTURE(endless);
    CHECK(problem_of(endless) == "a FIFO, socket or device; expected a regular file");
  }
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = folder.file("socket");
  REQUIRE(name.size() < sizeof address.sun_path);
  std::strcpy(address.sun_path, name.c_str());
  REQUIRE(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(problem_of(name) == "a FIFO, socket or device; expected a regular file");
  close(socket);
}

TEST_CASE("a FIFO or a device is no configuration, token file or profile") {
  const Folder folder;
  for (const std::string& path : {folder.fifo(), std::string{"/dev/zero"}}) {
    const std::string expected = "expected a regular file";
    CHECK_THROWS_WITH(load_config(path), Contains(path) && Contains(expected));
    CHECK_THROWS_WITH(load_config(path), Contains("--config"));
    CHECK_THROWS_WITH(Tokens::load(path), Contains(path) && Contains(expected));
    CHECK_THROWS_WITH(load_profile(path), Contains(path) && Contains(expected));
  }
}
