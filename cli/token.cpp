// SPDX-License-Identifier: Apache-2.0
// token add, token list, token remove: the token file of the HTTP API, on the host of the daemon.
#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "base/file_descriptor.h"
#include "operations/token_file.h"
#include "output.h"
#include "output_file.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr const char* service_unit = "iotcardd";   // of systemd
constexpr const char* group_of_unit = "iotcardd";  // in which the service runs

// One program at a time changes the file: a lock on its folder, since the file is replaced.
class FolderLock {
 public:
  explicit FolderLock(const std::string& path)
      : folder_(open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (folder_.get() < 0) {
      const int error = errno;
      throw std::runtime_error{fmt::format("cannot write {}: its folder {}: {}", path,
                                           folder_of(path),
                                           std::generic_category().message(error))};
    }
    flock(folder_.get(), LOCK_EX);
  }

 private:
  static std::string folder_of(const std::string& path) {
    return std::filesystem::absolute(path).parent_path().string();
  }
  FileDescriptor folder_;
};

std::string token_file(Program& program) {
  const std::string& path = program.config().api.token_file;
  return path.empty() ? default_token_file : path;
}

// A file that is not there has no tokens.
std::string read_text(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error) || error ? read_token_file(path) : std::string{};
}

// A new file is for root and for the service to read. Without its group only the owner can.
OutputFile::NewFile new_token_file() {
  const group* service = getgrnam(group_of_unit);
  if (service == nullptr || geteuid() != 0) return {.mode = 0600};
  return {.mode = 0640, .group = service->gr_gid};
}

void write_tokens(const std::string& path, const std::string& text) {
  OutputFile file{path, new_token_file()};
  file.write(text);
  file.finish();
}

// Whether `systemctl ARGUMENT… iotcardd` succeeds; it says itself why not.
bool systemctl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "systemctl");
  arguments.emplace_back(service_unit);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawnp(&child, "systemctl", nullptr, nullptr, pointers.data(), environ) != 0) {
    return false;
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Has the daemon read the file; otherwise says what is left to do. False: the daemon goes on with
// the tokens that it had, although it was told.
bool reload(Program& program, const std::string& path) {
  constexpr std::string_view credentials = "/etc/credstore/";
  if (path.starts_with(credentials)) {
    complain("systemd hands this file to the service at its start: systemctl restart iotcardd");
    return true;
  }
  if (!program.target.config_path.empty() && program.target.config_path != default_config_path) {
    complain(fmt::format("it counts once the daemon that uses {} has received SIGHUP",
                         program.target.config_path));
    return true;
  }
  if (!systemctl({"is-active", "--quiet"})) {
    complain("iotcardd.service is not running here; another daemon reads the file at SIGHUP");
    return true;
  }
  if (systemctl({"reload"})) return true;
  complain(
      fmt::format("{} is written, but the service has not read it: see why with systemctl "
                  "status iotcardd, and then run systemctl reload iotcardd",
                  path));
  return false;
}

struct TokenAddOptions {
  std::string name;
  bool reads = false;
  bool writes = false;
};

int add_token(Program& program, const TokenAddOptions& options) {
  if (options.reads == options.writes) {
    throw UsageError{"token add takes one of --read and --write"};
  }
  const Scope scope = options.writes ? Scope::write : Scope::read;
  const std::string path = token_file(program);
  const std::string token = new_token();
  {
    const FolderLock lock{path};
    write_tokens(path, text_with_token(read_text(path), path, options.name, scope, token));
  }
  print_result(
      program.json,
      [&](JsonText& json) {
        json.begin_object()
            .member("name", options.name)
            .member("scope", scope_names[scope])
            .member("token", token)
            .end_object();
      },
      [&] { say(token); });
  std::fflush(stdout);
  complain(
      fmt::format("{} may {} with this token; {} keeps only its hash, so it is not shown again",
                  options.name, scope == Scope::write ? "read and write" : "read", path));
  return reload(program, path) ? success : failure;
}

int list_tokens(Program& program) {
  const std::string path = token_file(program);
  ListPrinter rows{program.output, {"NAME", "SCOPE", {"KEPT AS", "hashed"}}, "no tokens"};
  for (const TokenEntry& entry : read_tokens(read_text(path), path)) {
    rows.add(
        [&](JsonText& json) {
          json.begin_object()
              .member("name", entry.name)
              .member("scope", scope_names[entry.scope])
              .member("hashed", entry.hashed)
              .end_object();
        },
        [&]() -> TableRow {
          return {{entry.name, std::string{scope_names[entry.scope]},
                   entry.hashed ? "hash" : "plain text"},
                  entry.hashed ? Colour::none : Colour::yellow};
        });
  }
  return rows.finish();
}

int remove_token(Program& program, const std::string& name) {
  const std::string path = token_file(program);
  {
    const FolderLock lock{path};
    write_tokens(path, text_without_token(read_text(path), path, name));
  }
  print_change(
      program.json,
      [&](JsonText& json) {
        json.begin_object().member("name", name).member("removed", true).end_object();
      },
      [&] { say(fmt::format("the token of {} is removed from {}", name, path)); });
  return reload(program, path) ? success : failure;
}

constexpr const char* file_help = R"(
The file is api.token_file of the configuration, otherwise /etc/iotcardd/tokens, which the
daemon reads if it exists. Its other lines and comments stay. If iotcardd.service runs, it
is reloaded (systemctl reload iotcardd); exit status 1 if that fails.)";

}  // namespace

Action token_add_verb(Arguments& arguments) {
  auto options = std::make_shared<TokenAddOptions>();
  arguments.required("NAME", options->name, "Who will use it; changes are recorded as api:NAME");
  arguments.flag("--read", options->reads, "For what only reads");
  arguments.flag("--write", options->writes, "Also for what changes something");
  arguments.footer(std::string{R"(
Prints the token alone on standard output. Give it to its user by a safe channel, as a file
that only he or she can read, for iotcardctl --api URL --token-file FILE.)"} +
                   file_help + R"(
With --json, one object: name, scope, token.)");
  return [options](Program& program) { return add_token(program, *options); };
}

Action token_list_verb(Arguments& arguments) {
  arguments.lists();
  arguments.footer(R"(
KEPT AS: hash, or plain text where a line has the token itself; both work.
With --json: an array, each with name, scope (read or write) and hashed.)");
  return list_tokens;
}

Action token_remove_verb(Arguments& arguments) {
  auto name = std::make_shared<std::string>();
  arguments.required("NAME", *name, "As in token list");
  arguments.footer(std::string{R"(
Once the daemon has reloaded, the token is refused. Without the last token nobody may use
the API.)"} + file_help +
                   R"(
With --json, one object: name and removed.)");
  return [name](Program& program) { return remove_token(program, *name); };
}

}  // namespace iotcard
