// SPDX-License-Identifier: Apache-2.0
#include "operations/process_identity.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace iotcard;

TEST_CASE("a process that runs has not ended, and one that is gone has") {
  CHECK_FALSE(has_ended(this_process()));
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string name = this_process();
    const bool told = write(ends[1], name.data(), name.size()) == static_cast<ssize_t>(name.size());
    _exit(told ? 0 : 1);
  }
  char text[512];
  const ssize_t size = read(ends[0], text, sizeof text);
  REQUIRE(size > 0);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  close(ends[0]);
  close(ends[1]);
  CHECK(has_ended({text, static_cast<std::size_t>(size)}));
}

TEST_CASE("a process of another container may still run, one of an earlier boot cannot") {
  std::string other = this_process();
  const std::size_t space = other.find("pid:[");
  REQUIRE(space != std::string::npos);
  other.replace(space, 5, "pid:[1");
  CHECK_FALSE(has_ended(other));
  CHECK(has_ended("another-boot pid:[1] 1 1"));
  CHECK(has_ended(""));
}
